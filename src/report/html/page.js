"use strict";
// Draws the charts of the page, and makes its tables sortable and its configuration easy to copy.
(() => {
  const { axis, ticks, faults, cells } = JSON.parse(document.getElementById("charts").textContent);
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const seconds = (ms) => ms / 1000;
  const SIDE = 80; // As the names of the lanes are wide: all stand over one time axis.
  const LABEL = 14;
  const RIGHT = 16;
  let plots = [];

  // Faults as bars behind the curves, each with its number in the list.
  const bands = () => ({
    hooks: {
      drawClear: (plot) => {
        const { ctx, bbox } = plot;
        const clamp = (x) => Math.min(Math.max(x, bbox.left), bbox.left + bbox.width);
        ctx.save();
        ctx.font = `${12 * devicePixelRatio}px sans-serif`;
        ctx.textBaseline = "top";
        ctx.textAlign = "left";
        let free = 0;
        for (const fault of faults) {
          const left = clamp(plot.valToPos(seconds(fault.from_ms), "x", true));
          const right = clamp(plot.valToPos(seconds(fault.to_ms), "x", true));
          ctx.globalAlpha = 0.25;
          ctx.fillStyle = colour(fault.effective ? `--f${fault.look % 6}` : "--sent");
          // A fault that was over at once is to be seen, too.
          ctx.fillRect(left, bbox.top, Math.max(right - left, 2 * devicePixelRatio), bbox.height);
          ctx.globalAlpha = 1;
          if (left < free) continue; // Where many are close together, not every one has room for its number.
          ctx.fillStyle = colour("--ink");
          const at = left + 3 * devicePixelRatio;
          ctx.fillText(String(fault.number), at, bbox.top + 2 * devicePixelRatio);
          free = at + ctx.measureText(String(fault.number)).width;
        }
        ctx.restore();
      },
    },
  });

  // Times at which steps begin, and the end of the last: a step is drawn to where the next begins.
  const times = (cell) =>
    [...cell.sent, 0].map((_, step) => seconds(cell.from_ms + step * cell.step_ms));
  const perSecond = (cell, counts) => {
    const rates = counts.map((count) => count / seconds(cell.step_ms));
    return [...rates, rates[rates.length - 1]];
  };
  const some = (cell, counts) => [...counts.map((n) => (n > 0 ? n / seconds(cell.step_ms) : null)), null];

  // The key over the charts has what each curve comes to, and under the cursor what it is there.
  const key = (element) => {
    const outputs = [...element.closest("figure").querySelectorAll(".key output")];
    const show = (of, text) => {
      const output = outputs.find((one) => one.dataset.of === of);
      if (!output) return;
      output.dataset.sum ??= output.textContent;
      output.textContent = text ?? output.dataset.sum;
    };
    return {
      hooks: {
        setCursor: (plot) => {
          const at = plot.cursor.idx;
          const time = at == null ? null : plot.data[0][at];
          show("time", time == null ? null : `at ${time.toFixed(1)} s`);
          plot.series.slice(1).forEach(({ label, value }, i) => show(label, time == null ? null : value(plot.data[i + 1][at])));
        },
      },
    };
  };

  const lines = () => ({
    stroke: colour("--soft"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line") },
  });
  const options = (element, height, title, scales, across, series, more) => ({
    width: element.clientWidth,
    height,
    padding: [8, RIGHT, 6, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, sync: { key: "time" }, y: false },
    scales: { x: { time: false, range: () => [seconds(axis.from_ms), seconds(axis.to_ms)] }, ...scales },
    axes: [
      // The times stand once, under the lanes.
      { ...lines(), size: 0, gap: 0, ticks: { show: false }, splits: () => ticks.map(seconds), values: (_, at) => at.map(() => "") },
      { ...lines(), size: SIDE - LABEL, label: title, labelSize: LABEL, labelFont: "11px sans-serif", ...across },
    ],
    series: [{}, ...series],
    plugins: [bands(), key(element), ...more],
  });
  const stepped = uPlot.paths.stepped({ align: 1 });
  const bars = uPlot.paths.bars({ size: [1, Infinity], align: 1 });
  const rated = (value) => `${Math.round(value ?? 0)}/s`;

  const rate = (element, cell) => {
    const data = [times(cell), perSecond(cell, cell.sent), perSecond(cell, cell.acked)];
    const series = [
      { label: "sent", stroke: colour("--sent"), width: 1, dash: [4, 3], paths: stepped, points: { show: false }, value: rated },
      { label: "acked", stroke: colour("--acked"), width: 1.5, fill: colour("--acked") + "22", paths: stepped, points: { show: false }, value: rated },
    ];
    for (const [counts, label, name] of [[cell.lost, "lost", "--lost"], [cell.duplicated, "duplicated", "--dup"]]) {
      if (!counts) continue;
      data.push(some(cell, counts));
      series.push({ label, stroke: colour(name), fill: colour(name), width: 0, paths: bars, points: { show: false }, value: rated });
    }
    // What piled up comes back in one moment and would flatten everything else: it is cut off, and
    // its height is written there.
    const highest = Math.max(...data[2]);
    const top = Math.min(Math.max(highest, 1), 2.5 * Math.max(...data[1], 1));
    const peak = {
      hooks: {
        draw: ({ ctx, bbox, valToPos }) => {
          if (highest <= top) return;
          ctx.save();
          ctx.font = `${11 * devicePixelRatio}px sans-serif`;
          ctx.fillStyle = colour("--acked");
          ctx.textBaseline = "top";
          // To the right of it, or to the left where there is no room.
          const at = data[2].indexOf(highest);
          const right = valToPos(data[0][at + 1], "x", true);
          const fits = right < bbox.left + 0.85 * bbox.width;
          ctx.textAlign = fits ? "left" : "right";
          ctx.fillText(` \u2191 ${Math.round(highest)}/s `, fits ? right : valToPos(data[0][at], "x", true), bbox.top);
          ctx.restore();
        },
      },
    };
    const scales = { y: { range: () => [0, top * 1.08] } };
    return new uPlot(options(element, 170, "messages/s", scales, {}, series, [peak]), data, element);
  };

  const latency = (element, cell) => {
    // A logarithmic axis has no zero.
    const ms = cell.latency_max_us.map((us) => (us == null ? null : Math.max(us, 1) / 1000));
    const known = ms.filter((value) => value != null);
    const power = (round, of) => round(Math.log10(known.length ? of(...known) : 1));
    const low = power(Math.floor, Math.min);
    const high = Math.max(power(Math.ceil, Math.max), low + 1);
    const powers = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
    const named = (v) => (v >= 1000 ? `${v / 1000} s` : v < 1 ? `${Math.round(v * 1000)} us` : `${v} ms`);
    const across = { splits: () => powers, filter: (_, at) => at, values: (_, at) => at.map(named) };
    const series = [{ label: "latency", stroke: colour("--acked"), width: 1.5, paths: stepped, points: { show: true, size: 3, fill: colour("--acked") }, value: (ms) => (ms == null ? "none" : ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`) }];
    const scales = { y: { distr: 3, range: () => [10 ** low, 10 ** high] } };
    return new uPlot(options(element, 120, "latency", scales, across, series, []), [times(cell), [...ms, null]], element);
  };

  const draw = () => {
    plots.forEach((plot) => plot.destroy());
    plots = [...document.querySelectorAll(".chart")].map((element) => {
      const cell = cells[Number(element.dataset.cell)];
      return element.classList.contains("rate") ? rate(element, cell) : latency(element, cell);
    });
    // For whoever drives the page.
    window.chaosPlots = plots;
  };

  // The arrow keys move the cursor of all charts by a step.
  const keys = (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const plot = plots.find((one) => one.root.parentElement === event.currentTarget);
    if (!move || !plot) return;
    event.preventDefault();
    const last = plot.data[0].length - 1;
    const at = Math.min(Math.max((plot.cursor.idx ?? (move > 0 ? -1 : last + 1)) + move, 0), last);
    plot.setCursor({ left: plot.valToPos(plot.data[0][at], "x"), top: 0 });
  };
  document.querySelectorAll(".chart").forEach((element) => element.addEventListener("keydown", keys));

  // A click on a column's name sorts its table, the greatest first; another one turns it round.
  for (const table of document.querySelectorAll("table.cells")) {
    const heads = [...table.tHead.rows[0].cells];
    // Figures by their number: `12.4 s`, `1.20M`, `>= 5`; what has none comes last.
    const value = (row, column) => {
      const text = row.cells[column].textContent;
      if (!heads[column].classList.contains("figure")) return text;
      const number = parseFloat(text.replace(/^\D+/, ""));
      return Number.isNaN(number) ? -1 : number * (text.includes("M") ? 1e6 : 1);
    };
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") !== "descending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...table.tBodies[0].rows].sort((a, b) => {
          const [x, y] = [value(a, column), value(b, column)];
          return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
        });
        table.tBodies[0].append(...rows);
      });
    });
  }

  // Some browsers let a page from a file copy only what is selected.
  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = button.parentElement.querySelector("pre");
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
      }
    });
  }

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  // Paper is light, as wide as the style says, and nothing can be opened on it.
  let folded = [];
  const paper = (on) => () => {
    document.documentElement.toggleAttribute("data-print", on);
    if (on) folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((one) => (one.open = on));
    draw();
  };
  addEventListener("beforeprint", paper(true));
  addEventListener("afterprint", paper(false));
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) draw();
    width = innerWidth;
  });
})();
