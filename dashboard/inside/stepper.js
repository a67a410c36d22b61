// Maps of what models did with a text, and one cursor, (token, unit), in all of them. No step asks the server.
// `data` is made by stepper.py; it holds names, ranges and formulas, so that nothing here knows a kind of layer.
const PLAY_MS = 350;
const DIGITS = 4;
const BEFORE = "₋₁";

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
const number = (value) => (value === undefined ? "–" : value.toFixed(DIGITS).replace("-", "−"));

function floats(base64) {
  const bytes = Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}

function rgb(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
}

// One array of a model: the value of row `unit` at a token; undefined where the layer has no such step.
function reader(model, key, first) {
  const values = floats(model.numbers[key]);
  const width = model.units.length;
  return (token, unit) => {
    const step = Math.floor((token + first - model.offset) / model.stride);
    return step >= 0 && (step + 1) * width <= values.length ? values[step * width + unit] : undefined;
  };
}

function paint(canvas, map, read, tokens, units, background) {
  canvas.width = tokens;
  canvas.height = units;
  const context = canvas.getContext("2d");
  const image = context.createImageData(tokens, units);
  const [low, high] = map.bounds;
  const middle = low < 0 ? 0 : low;
  for (let unit = 0; unit < units; unit++) {
    for (let token = 0; token < tokens; token++) {
      const value = read(token, unit);
      if (value === undefined) continue;
      const isBelow = value < middle;
      const share = Math.min(1, Math.abs(value - middle) / (isBelow ? middle - low : high - middle || 1));
      const target = isBelow ? map.colours[0] : map.colours[1];
      for (let part = 0; part < 3; part++) {
        image.data[(unit * tokens + token) * 4 + part] = background[part] + share * (target[part] - background[part]);
      }
      image.data[(unit * tokens + token) * 4 + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

function curve(model, tokens) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${tokens} 1`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.style.height = "64px";
  const band = model.band.flatMap((ends, token) => (ends === null ? [] : [[token + 0.5, ends]]));
  if (band.length) {
    const edge = (end) => band.map(([x, ends]) => [x, 1 - ends[end]]);
    const area = document.createElementNS(svg.namespaceURI, "polygon");
    area.setAttribute("points", [...edge(0), ...edge(1).reverse()].map((point) => point.join(",")).join(" "));
    area.setAttribute("fill", model.colour);
    area.setAttribute("opacity", "0.25");
    svg.append(area);
  }
  const line = document.createElementNS(svg.namespaceURI, "polyline");
  const points = model.answers.flatMap((value, token) => (value === null ? [] : [[token + 0.5, 1 - value]]));
  line.setAttribute("points", points.map((point) => point.join(",")).join(" "));
  line.setAttribute("fill", "none");
  line.setAttribute("stroke", model.colour);
  line.setAttribute("stroke-width", "2");
  line.setAttribute("vector-effect", "non-scaling-stroke");
  svg.append(line);
  return svg;
}

class Stepper {
  constructor(root, data, onPin) {
    Object.assign(this, { root, data, onPin, fields: [], writers: [], timer: null });
    this.tokens = data.tokens.length;
    this.token = Math.min(data.cursor.token, this.tokens - 1);
    this.units = Math.max(...data.models.map((model) => model.units.length));
    this.unit = Math.min(data.cursor.unit, this.units - 1);
    this.pins = data.pins.filter(([token, unit]) => token < this.tokens && unit < this.units);
    this.background = rgb(getComputedStyle(root).getPropertyValue("--st-background-color").trim() || "white");
    root.replaceChildren(this.bar(), ...data.models.map((model) => this.model(model)));
    root.onkeydown = (event) => this.key(event);
    this.draw();
  }

  bar() {
    const bar = make("div", "bar");
    const row = make("div", "tokens");
    this.chips = this.data.tokens.map((token, place) => {
      const chip = make("button", `token ${token.kind}`, token.text);
      chip.type = "button";
      chip.tabIndex = -1;
      chip.title = token.help;
      chip.onclick = () => this.move(place, this.unit);
      return chip;
    });
    row.append(...this.chips);
    this.row = row;
    this.status = make("div", "status");
    this.status.setAttribute("aria-live", "polite");
    bar.append(row, this.status);
    return bar;
  }

  model(model) {
    const block = make("section", "model");
    const maps = make("div");
    const side = make("div", "side");
    const body = make("div", "body");
    const keys = Object.keys(model.numbers);
    const readers = Object.fromEntries(keys.map((key) => [key, reader(model, key, this.data.first)]));
    maps.append(this.field(model, `${model.answer_title}, after each token`, model.answer_range, curve(model, this.tokens), 0));
    for (const map of model.maps) {
      const canvas = make("canvas");
      const units = model.units.length;
      canvas.style.height = `${Math.max(48, units * Math.max(3, Math.min(9, 240 / units)))}px`;
      paint(canvas, map, readers[map.key], this.tokens, units, this.background);
      const range = map.bounds.map((each) => String(Number(each.toPrecision(2))).replace("-", "−")).join(" to ") + map.note;
      const drawn = this.field(model, map.title, range, canvas, units);
      for (const [token, unit] of map.marks) {
        const mark = make("div", "mark");
        mark.style.left = `${(100 * (token + 0.5)) / this.tokens}%`;
        mark.style.top = `${(100 * (unit + 0.5)) / units}%`;
        drawn.lastChild.append(mark);
      }
      maps.append(drawn);
    }
    block.append(make("h3", "", model.title), body);
    body.append(maps, side);
    this.side(model, readers, side);
    return block;
  }

  field(model, title, range, picture, units) {
    const map = make("div", "map");
    const name = make("div", "name");
    const field = make("div", "field");
    const parts = Object.fromEntries(["later", "step", "unit"].map((each) => [each, make("div", each)]));
    name.append(make("span", "", title), make("span", "", range));
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", `${title}: ${range}`);
    field.append(picture, parts.later, parts.step);
    if (units) field.append(parts.unit);
    const place = (event) => {
      const box = field.getBoundingClientRect();
      const token = Math.floor(((event.clientX - box.left) / box.width) * this.tokens);
      const unit = units ? Math.floor(((event.clientY - box.top) / box.height) * units) : this.unit;
      return [Math.max(0, Math.min(this.tokens - 1, token)), Math.max(0, unit)];
    };
    field.onpointermove = (event) => this.move(...place(event));
    field.onclick = (event) => { this.move(...place(event)); this.pin(); };
    this.fields.push({ field, units, ...parts });
    map.append(name, field);
    return map;
  }

  side(model, readers, side) {
    const heading = make("div", "name");
    const drawing = make("div", "cell");
    const list = make("ul", "formulas");
    const table = make("table");
    drawing.innerHTML = model.drawing;  // one of our own files
    const values = drawing.querySelectorAll("[data-value]");
    const fills = drawing.querySelectorAll("[data-fill]");
    const lines = model.formulas.map((formula) => {
      const line = make("li");
      list.append(line);
      return [line, formula];
    });
    side.append(heading, drawing, list, table);
    const at = (key, token, unit) => {
      const isBefore = key.endsWith(BEFORE);
      const name = isBefore ? key.slice(0, -BEFORE.length) : key;
      const from = isBefore ? token + (model.backwards ? model.stride : -model.stride) : token;
      return readers[name] && (readers[name](from, unit) ?? (isBefore ? 0 : undefined));  // a state begins with zeros
    };
    this.writers.push(() => {
      const unit = Math.min(this.unit, model.units.length - 1);
      const known = (key) => at(key, this.token, unit);
      heading.textContent = `${model.unit_name} ${model.units[unit]} at “${this.data.tokens[this.token].text}”`;
      values.forEach((each) => { each.textContent = number(known(each.dataset.value)); });
      fills.forEach((each) => {
        const value = Math.min(1, Math.abs(known(each.dataset.fill) ?? 0));
        each.setAttribute("width", String(value * Number(each.dataset.width)));
      });
      lines.forEach(([line, formula]) => {
        line.textContent = formula.replace(/([·+] )?\{([^}]+)\}/g, (_, sign = "", key) => {
          const text = number(known(key));
          return sign && text.startsWith("−") ? `${sign}(${text})` : sign + text;
        });
      });
      const places = [[this.token, unit], ...this.pins.map(([token, pinned]) => [token, Math.min(pinned, model.units.length - 1)])];
      const head = make("tr");
      head.append(make("th"), ...places.map(([token, each], index) =>
        make("th", "", `${index ? `pin ${index}: ` : ""}${this.data.tokens[token].text}, ${model.units[each]}`)));
      const rows = model.maps.map((map) => {
        const row = make("tr");
        row.append(make("th", "", map.title), ...places.map(([token, each]) => make("td", "", number(at(map.key, token, each)))));
        return row;
      });
      table.replaceChildren(head, ...rows);
    });
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;  // the browser's
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (moves[event.key]) {
      const [by, units] = moves[event.key];
      this.move(this.token + by, this.unit + units);
    } else if (event.key === "Home" || event.key === "End") {
      this.move(event.key === "Home" ? 0 : this.tokens - 1, this.unit);
    } else if (event.key === " ") {
      this.play();
    } else if (event.key === "Enter") {
      this.pin();
    } else if (event.key === "Escape") {
      this.stop();
      if (this.pins.length) this.setPins([]);
    } else return;
    event.preventDefault();
  }

  move(token, unit) {
    this.token = Math.max(0, Math.min(this.tokens - 1, token));
    this.unit = Math.max(0, Math.min(this.units - 1, unit));
    this.draw();
  }

  play() {
    if (this.timer) return this.stop();
    if (this.token === this.tokens - 1) this.move(0, this.unit);
    this.timer = setInterval(() => {
      if (this.token >= this.tokens - 1) this.stop();
      else this.move(this.token + 1, this.unit);
    }, PLAY_MS);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
  }

  pin() {
    this.setPins([...this.pins, [this.token, this.unit]].slice(-2));
  }

  setPins(pins) {
    this.pins = pins;
    this.draw();
    this.onPin(pins);
  }

  draw() {
    const percent = (share) => `${100 * share}%`;
    for (const { field, units, later, step, unit } of this.fields) {
      later.style.left = percent((this.token + 1) / this.tokens);
      step.style.left = percent(this.token / this.tokens);
      step.style.width = percent(1 / this.tokens);
      if (units) {
        unit.style.top = percent(Math.min(this.unit, units - 1) / units);
        unit.style.height = percent(1 / units);
      }
      field.querySelectorAll(".pin").forEach((each) => each.remove());
      for (const [token] of this.pins) {
        const pin = make("div", "pin");
        pin.style.left = percent(token / this.tokens);
        pin.style.width = percent(1 / this.tokens);
        field.append(pin);
      }
    }
    this.chips.forEach((chip, place) => {
      chip.classList.toggle("later", place > this.token);
      if (place === this.token) chip.setAttribute("aria-current", "step");
      else chip.removeAttribute("aria-current");
    });
    const answers = this.data.models.map((model) => {
      const value = model.answers[this.token];
      const percents = (values) => values.map((each) => `${(100 * each).toFixed(1)}%`);
      const ends = model.band[this.token];
      const seeds = ends ? ` (seeds: ${percents(ends).join(" to ")})` : "";
      return `${model.short_title} ${value === null ? "–" : percents([value])[0]}${seeds}`;
    });
    const token = this.data.tokens[this.token];
    this.status.textContent =
      `Token ${token.number} of ${this.data.length}: ${token.text}. ${this.data.models[0].answer_title}: ${answers.join(", ")}`;
    this.writers.forEach((write) => write());
    const { offsetTop: top, offsetHeight: height } = this.chips[this.token];
    this.root.style.setProperty("--bar", `${this.row.parentElement.offsetHeight}px`);
    this.row.scrollTop = Math.min(top, Math.max(this.row.scrollTop, top + height - this.row.clientHeight));
  }
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const root = parentElement.querySelector(".stepper");
  const theme = getComputedStyle(root).getPropertyValue("--st-background-color");
  const guided = data.is_guided && JSON.stringify(data.cursor);
  if (root.made !== data.id + theme) {
    root.stepper?.stop();
    root.stepper = new Stepper(root, data, (pins) => setStateValue("pins", pins));
    root.made = data.id + theme;
  } else if (guided && guided !== root.guided) {
    root.stepper.move(data.cursor.token, data.cursor.unit);
  }
  root.guided = guided;  // without a guide the cursor stays where the reader put it
  return () => root.stepper?.stop();
}
