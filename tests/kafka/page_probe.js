// Put at the end of a copy of the page: looks at what was drawn and writes it down as JSON.
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const rgb = (name) => {
    const hex = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  };
  const near = (data, at, colour) => colour.every((part, i) => Math.abs(data[at + i] - part) <= 12);
  const plots = (window.chaosPlots || []).map((plot) => {
    const element = plot.root.parentElement;
    const { left, top, width, height } = plot.bbox;
    const image = plot.ctx.getImageData(0, 0, plot.ctx.canvas.width, plot.ctx.canvas.height);
    const at = (x, y) => (Math.round(y) * image.width + Math.round(x)) * 4;
    // The columns of pixels, within the axes, in which a colour stands, and its highest row.
    const find = (colour) => {
      const found = { columns: [], highest: top + height };
      for (let x = Math.ceil(left); x < left + width; x += 1) {
        for (let y = Math.ceil(top); y < top + height; y += 1) {
          if (!near(image.data, at(x, y), colour)) continue;
          found.columns.push(x);
          found.highest = Math.min(found.highest, y);
          break;
        }
      }
      return found;
    };
    const time_ms = (x) => plot.posToVal(x, "x", true) * 1000;
    const curve = find(rgb("--acked"));
    const lost = find(rgb("--lost")).columns;
    // Between the curves and the grid: a row of pixels that only bars colour.
    const ground = (ms) => {
      const x = plot.valToPos(ms / 1000, "x", true);
      return [...image.data.slice(at(x, top + 22), at(x, top + 22) + 4)].join(",");
    };
    // How far the lanes under the same axis begin and end from the chart, in pixels.
    const frame = plot.over.getBoundingClientRect();
    const tracks = [...element.closest("figure").querySelectorAll(".track")];
    const beside = tracks.map((track) => track.getBoundingClientRect());
    const off = beside.map((track) => Math.max(Math.abs(track.left - frame.left), Math.abs(track.right - frame.right)));
    return {
      off: off.length ? Math.max(...off) : null,
      cell: Number(element.dataset.cell),
      kind: element.classList.contains("rate") ? "rate" : "latency",
      // Shares of the chart's width and height.
      curve_width: curve.columns.length / width,
      curve_height: (top + height - curve.highest) / height,
      lost_from_ms: lost.length ? time_ms(lost[0]) : null,
      lost_to_ms: lost.length ? time_ms(lost[lost.length - 1] + 1) : null,
      // Two pixels inside and outside of each end of each fault.
      faults: charts.faults.map(({ from_ms, to_ms }) => {
        const two = 2000 / (plot.valToPos(1, "x", true) - plot.valToPos(0, "x", true));
        return [from_ms - two, from_ms + two, to_ms - two, to_ms + two].map(ground);
      }),
    };
  });
  const result = document.createElement("pre");
  result.id = "probe";
  result.textContent = JSON.stringify({
    errors: window.probeErrors,
    requests: performance.getEntriesByType("resource").map((entry) => entry.name),
    // The right end of each table's verdicts, as a share of the window; what the keys say unasked.
    verdicts: [...document.querySelectorAll("table.cells th:last-child:not(.figure)")].map((head) => head.getBoundingClientRect().right / innerWidth),
    keys: [...document.querySelectorAll(".key")].map((key) => [...key.querySelectorAll("output")].map((one) => one.textContent)),
    expected: document.querySelectorAll(".chart").length,
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    plots,
  });
  document.body.append(result);
})();
