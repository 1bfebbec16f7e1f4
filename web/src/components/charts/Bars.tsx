import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { onTheme } from "@/lib/storage";
import { bucketName, type PeriodKey } from "@/lib/statistics";

interface Props {
  /** Times in seconds, and then series, of which each is drawn over the one before. */
  columns: uPlot.AlignedData;
  /** Of each series, by the names of the theme. */
  colours: readonly string[];
  period: PeriodKey;
}

/** Bars on a canvas: whoever cannot see it reads the table beside it. */
export function Bars({ columns, colours, period }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const at = place.current;
    if (!at) return;
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      const style = getComputedStyle(document.documentElement);
      const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
      const axis: uPlot.Axis = { stroke: colour("muted"), font: "11px system-ui, sans-serif", grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
      const bars = uPlot.paths.bars?.({ size: [0.7, 24], radius: 0.15 });
      const series = (name: string): uPlot.Series => ({ fill: colour(name), width: 0, points: { show: false }, paths: bars });
      plot = new uPlot(
        {
          width: Math.max(at.clientWidth, 80),
          height: 120,
          padding: [8, 4, 0, 0],
          legend: { show: false },
          cursor: { show: false },
          scales: { y: { range: (_, __, max) => [0, Math.max(4, Math.ceil(max * 1.05))] } },
          axes: [{ ...axis, grid: { show: false }, size: 24, space: 64, values: (_, at) => at.map((s) => bucketName(new Date(s * 1000).toISOString(), period === "24h" ? "24h" : "30d")) }, { ...axis, size: 38, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000, 500_000, 1_000_000], space: 28, values: (_, at) => at.map((n) => (n >= 10_000 ? `${n / 1_000}k` : String(n))) }],
          series: [{}, ...colours.map(series)],
        },
        columns,
        at,
      );
    };
    draw();
    const wide = new ResizeObserver(() => plot?.setSize({ width: Math.max(at.clientWidth, 80), height: 120 }));
    wide.observe(at);
    const away = onTheme(draw);
    const look = new MutationObserver(draw); // the system's theme, while none is chosen
    look.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      wide.disconnect();
      look.disconnect();
      away();
      plot?.destroy();
    };
  }, [columns, colours, period]);
  return <div ref={place} aria-hidden className="h-[120px] min-w-0 overflow-hidden" />;
}
