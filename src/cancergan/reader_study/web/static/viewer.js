"use strict";
// One canvas that draws 16-bit codes through a window, and what it shares with its neighbour.

class View {
  constructor(display) {
    this.display = display;
    [this.channels, this.slices, this.rows, this.columns] = display.shape;
    this.reset();
  }

  reset() {
    this.use(0);
    this.zoom = 1;
    this.x = 0;
    this.y = 0;
    this.slice = Math.floor((this.slices - 1) / 2);
    this.negative = false;
  }

  use(number) {
    const [, low, high] = this.display.windows[number];
    this.preset = number;
    this.low = low;
    this.high = high;
  }

  // Move the window: by a share of its width for the level, by a factor for the width.
  window(level, factor) {
    const width = Math.max((this.high - this.low) * factor, this.display.step);
    const centre = (this.high + this.low) / 2 + level * width;
    this.low = centre - width / 2;
    this.high = centre + width / 2;
    this.preset = -1;
  }

  table() {
    const key = `${this.low} ${this.high} ${this.negative}`;
    if (key === this.tableOf) return this.codes;
    this.tableOf = key;
    this.codes = this.codes || new Uint8ClampedArray(65536);
    const { low, step } = this.display;
    const factor = 255 / (this.high - this.low);
    for (let code = 0; code < 65536; code++) {
      const grey = (low + step * code - this.low) * factor;
      this.codes[code] = this.negative ? 255 - grey : grey;
    }
    return this.codes;
  }

  move(slices) {
    this.slice = Math.min(Math.max(this.slice + slices, 0), this.slices - 1);
  }
}

class Canvas {
  constructor(canvas, view) {
    this.canvas = canvas;
    this.view = view;
    this.image = null;
    this.sheet = document.createElement("canvas");
    this.sheet.width = view.columns;
    this.sheet.height = view.rows;
    this.pixels = new ImageData(view.columns, view.rows);
  }

  // Where the image lies on the canvas: pixels of the canvas per column and per row, and its corner.
  place() {
    const { view, canvas } = this;
    const [, down, across] = view.display.spacing;
    const unit = Math.min(across, down);
    const [width, height] = [(view.columns * across) / unit, (view.rows * down) / unit];
    const scale = Math.min(canvas.width / width, canvas.height / height) * view.zoom;
    const left = canvas.width / 2 + view.x * canvas.width - (width * scale) / 2;
    const top = canvas.height / 2 + view.y * canvas.width - (height * scale) / 2;
    return { left, top, column: (scale * across) / unit, row: (scale * down) / unit };
  }

  // Which (row, column) lies under a point of the page, in pixels of the image from 0.
  under(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    const { left, top, column, row } = this.place();
    return [((clientY - box.top) * ratio - top) / row - 0.5, ((clientX - box.left) * ratio - left) / column - 0.5];
  }

  value(row, column) {
    const { view } = this;
    const [r, c] = [Math.round(row), Math.round(column)];
    if (!this.image || r < 0 || c < 0 || r >= view.rows || c >= view.columns) return null;
    return view.display.low + view.display.step * this.image[(view.slice * view.rows + r) * view.columns + c];
  }

  draw(mark) {
    const { canvas, view } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const pen = canvas.getContext("2d", { alpha: false });
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, width, height);
    if (!this.image) return;
    this.fill();
    const { left, top, column, row } = this.place();
    pen.imageSmoothingEnabled = true;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(this.sheet, left, top, view.columns * column, view.rows * row);
    if (mark && mark[0] === view.slice) this.ring(pen, left + (mark[2] + 0.5) * column, top + (mark[1] + 0.5) * row, ratio);
  }

  fill() {
    const { view, image, pixels } = this;
    const table = view.table();
    const plane = view.rows * view.columns;
    const volume = plane * view.slices;
    const start = view.slice * plane;
    const [green, blue] = view.channels === 3 ? [volume, 2 * volume] : [0, 0];
    for (let i = 0, out = 0; i < plane; i++, out += 4) {
      pixels.data[out] = table[image[start + i]];
      pixels.data[out + 1] = table[image[start + i + green]];
      pixels.data[out + 2] = table[image[start + i + blue]];
      pixels.data[out + 3] = 255;
    }
    this.sheet.getContext("2d").putImageData(pixels, 0, 0);
  }

  ring(pen, x, y, ratio) {
    for (const [colour, width] of [["#000", 5], ["#f0a878", 2]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width * ratio;
      pen.beginPath();
      pen.arc(x, y, 14 * ratio, 0, 2 * Math.PI);
      pen.stroke();
    }
  }
}
