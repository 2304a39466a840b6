// A picture with what is drawn over it: canopy, horizon, and handles that a finger or the arrow keys move.
// Places are shares of width and height, whatever the size on the screen and the direction of the writing.

const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.005;

const clamp = (value) => Math.min(1, Math.max(0, value));

function svg(figure) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("class", "over");
  drawing.setAttribute("viewBox", "0 0 100 100");
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("aria-hidden", "true");
  figure.append(drawing);
  return drawing;
}

export function picture(url, alt) {
  const figure = document.createElement("figure");
  const image = document.createElement("img");
  image.src = url;
  image.alt = alt;
  figure.append(image);
  return figure;
}

export function canopyOver(figure, url) {
  const image = document.createElement("img");
  image.className = "over";
  image.src = url;
  image.alt = "";
  figure.append(image);
}

export function horizonOver(figure, [[x1, y1], [x2, y2]]) {
  const line = document.createElementNS(SVG, "line");
  for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(name, String(100 * value));
  svg(figure).append(line);
}

// Handles at places; names are read out; `outlined` joins them.
export function handlesOver(figure, places, names, { outlined = false, marks = [] } = {}) {
  const at = places.map(([x, y]) => [x, y]);
  const polygon = document.createElementNS(SVG, "polygon");
  if (outlined) svg(figure).append(polygon);
  const handles = at.map((_, number) => {
    const handle = document.createElement("button");
    handle.type = "button";
    handle.className = `handle ${marks[number]?.kind ?? ""}`;
    handle.textContent = marks[number]?.text ?? String(number + 1);
    handle.setAttribute("aria-label", names[number]);
    figure.append(handle);
    return handle;
  });
  const draw = () => {
    at.forEach(([x, y], number) => {
      handles[number].style.left = `${100 * x}%`;
      handles[number].style.top = `${100 * y}%`;
    });
    polygon.setAttribute("points", at.map(([x, y]) => `${100 * x},${100 * y}`).join(" "));
  };
  handles.forEach((handle, number) => {
    handle.addEventListener("pointerdown", (event) => {
      handle.setPointerCapture(event.pointerId);
      event.preventDefault();
      handle.focus();
    });
    handle.addEventListener("pointermove", (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = figure.getBoundingClientRect();
      at[number] = [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
      draw();
    });
    handle.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!move) return;
      event.preventDefault();
      const far = event.shiftKey ? 10 : 1;
      at[number] = at[number].map((value, axis) => clamp(value + move[axis] * STEP * far));
      draw();
    });
  });
  draw();
  return () => at.map(([x, y]) => [x, y]);
}
