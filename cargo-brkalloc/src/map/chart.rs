//! Charts as SVG whose coordinates are percentages, so that text keeps its size at every width.

use super::paint::Painting;
use crate::recording::{Event, Recording};
use crate::replay::{Cell, Figures};
use crate::text::grouped;
use core::fmt::Write;

/// Returns live, heap and largest hole over time, up to `height` bytes.
pub(super) fn lines(painting: &Painting, height: usize) -> String {
    let mut svg = String::from(
        "<svg role=\"img\" viewBox=\"0 0 1000 160\" preserveAspectRatio=\"none\" style=\"height:160px\">\
         <title>live, heap and largest hole over time</title>",
    );
    let last = painting.series.len().saturating_sub(1).max(1);
    for (place, class) in ["live", "heap", "hole"].into_iter().enumerate() {
        let _ = write!(svg, "<polyline class=\"{class}\" points=\"");
        for (column, figures) in painting.series.iter().enumerate() {
            let y = 160 - figures[place].min(height) * 160 / height.max(1);
            let _ = write!(svg, "{},{y} ", column * 1000 / last);
        }
        svg += "\"/>";
    }
    svg + "</svg>"
}

/// Returns blocks by size and lifetime, both by powers of two.
pub(super) fn lifetimes(recording: &Recording) -> String {
    const SIZES: usize = 24;
    const AGES: usize = 22;
    let mut counts = vec![[0_usize; AGES]; SIZES];
    let mut born: Vec<(usize, usize)> = Vec::new();
    let mut end = |born: &[(usize, usize)], birth: usize, place: usize| {
        let (size, begin) = born[birth];
        let age = (place - begin).max(1).ilog2() as usize;
        counts[(size.max(1).ilog2() as usize).min(SIZES - 1)][age.min(AGES - 1)] += 1;
    };
    let mut ended = vec![false; recording.births];
    for (place, event) in recording.events.iter().enumerate() {
        match *event {
            Event::Allocate { size, .. } => born.push((size, place)),
            Event::Free { birth } => {
                ended[birth] = true;
                end(&born, birth, place);
            }
            Event::Reallocate { birth, size } => {
                ended[birth] = true;
                end(&born, birth, place);
                born.push((size, place));
            }
        }
    }
    for (birth, ended) in ended.iter().enumerate() {
        if !ended {
            end(&born, birth, recording.events.len());
        }
    }
    let most = counts.iter().flatten().copied().max().unwrap_or(1).max(1);
    let mut svg = marks("blocks by size and lifetime", 300, true);
    for (size, row) in counts.iter().enumerate() {
        for (age, count) in row.iter().enumerate().filter(|(_, count)| 0 < **count) {
            let _ = write!(
                svg,
                "<rect x=\"{:.2}%\" y=\"{:.2}%\" width=\"{:.2}%\" height=\"{:.2}%\" fill=\"var(--live)\" \
                 fill-opacity=\"{:.2}\"><title>{} {} of {} to {} bytes lived {} to {} events\
                 </title></rect>",
                percent(age, AGES),
                percent(SIZES - 1 - size, SIZES),
                percent(1, AGES),
                percent(1, SIZES),
                logarithm(*count) / logarithm(most) * 0.9 + 0.1,
                grouped(*count),
                if *count == 1 { "block" } else { "blocks" },
                grouped(1_usize << size),
                grouped((2_usize << size) - 1),
                grouped(1_usize << age),
                grouped((2_usize << age) - 1),
            );
        }
    }
    svg + "</svg></div>"
}

/// Begins a drawing whose marks have titles, which the script says where one points or moves.
fn marks(what: &str, height: usize, has_rows: bool) -> String {
    format!(
        "<div class=\"marks\" tabindex=\"0\" role=\"application\" aria-label=\"{what}; arrow keys move\" \
         data-rows=\"{}\"><svg style=\"height:{height}px\">",
        u8::from(has_rows)
    )
}

/// Returns memory over time of every configuration; those that no other beats have numbers, and below
/// their names.
pub(super) fn scatter(live: usize, cells: &[Cell], figures: &[Figures]) -> String {
    let points: Vec<(String, f64, f64)> = cells
        .iter()
        .zip(figures)
        .filter_map(|(cell, figures)| {
            let time = figures.nanoseconds.filter(|_| figures.stopped.is_none())?;
            Some((cell.name(), figures.over(live).max(0.1), time.max(1.0)))
        })
        .collect();
    let is_best = |point: &(String, f64, f64)| {
        points.iter().all(|other| {
            (other.1, other.2) == (point.1, point.2) || point.1 < other.1 || point.2 < other.2
        })
    };
    let mut best: Vec<_> = points.iter().filter(|point| is_best(point)).collect();
    best.sort_by(|one, other| one.2.total_cmp(&other.2));
    let overs = Axis::of(points.iter().map(|point| point.1));
    let times = Axis::of(points.iter().map(|point| point.2));

    let mut svg = marks("memory and time of every configuration", 340, false);
    for over in overs.ticks(&[1.0]) {
        let y = 100.0 - overs.place(over);
        let _ = write!(
            svg,
            "<line x1=\"0\" x2=\"100%\" y1=\"{y:.2}%\" y2=\"{y:.2}%\"/>\
             <text class=\"tick\" x=\"4\" y=\"{y:.2}%\" dy=\"-4\">{} %</text>",
            label(over)
        );
    }
    for time in times.ticks(&[1.0, 2.0, 5.0]) {
        let x = times.place(time);
        let _ = write!(
            svg,
            "<line x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"100%\" y2=\"98%\"/>\
             <text class=\"tick\" x=\"{x:.2}%\" y=\"100%\" dy=\"15\" text-anchor=\"middle\">{}</text>",
            label(time)
        );
    }
    let mut point = |(name, over, time): &(String, f64, f64), number: Option<usize>| {
        let (x, y) = (times.place(*time), 100.0 - overs.place(*over));
        let (class, radius) = number.map_or(("dot", 4), |_| ("best", 9));
        let _ = write!(
            svg,
            "<circle class=\"{class}\" cx=\"{x:.2}%\" cy=\"{y:.2}%\" r=\"{radius}\">\
             <title>{name}: {over:.2} % over what lives, {time:.0} ns an event</title></circle>"
        );
        if let Some(number) = number {
            let _ = write!(
                svg,
                "<text class=\"number\" x=\"{x:.2}%\" y=\"{y:.2}%\" dy=\"4\" text-anchor=\"middle\">{number}</text>"
            );
        }
    };
    points.iter().filter(|point| !is_best(point)).for_each(|other| point(other, None));
    best.iter().enumerate().for_each(|(place, best)| point(best, Some(place + 1)));
    svg += "</svg></div>\n<div class=\"axis under\"><span>nanoseconds an event</span></div>";
    svg += "<ol>";
    for (name, over, time) in best {
        let _ = write!(svg, "<li>{name}: {over:.2} %, {time:.0} ns</li>");
    }
    svg + "</ol><output></output>"
}

/// A tick as the rest of the page writes numbers.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a power of ten")]
fn label(tick: f64) -> String {
    if tick < 1000.0 { tick.to_string() } else { grouped(tick as u64) }
}

/// A logarithmic axis around figures, which it leaves some room.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn of(figures: impl Iterator<Item = f64>) -> Self {
        let around = |(low, high): (f64, f64), figure: f64| (low.min(figure), high.max(figure));
        let (low, high) = figures.fold((f64::INFINITY, 0.0), around);
        if high < low {
            return Self { low: 1.0, high: 10.0 };
        }
        Self { low: low / 1.4, high: high * 1.4 }
    }

    /// Returns where a figure stands, in percent.
    fn place(&self, figure: f64) -> f64 {
        (figure / self.low).log10() / (self.high / self.low).log10() * 100.0
    }

    /// Returns these multiples of powers of ten that are on the axis.
    fn ticks(&self, multiples: &[f64]) -> Vec<f64> {
        let powers = [0.1, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
        let ticks = powers.iter().flat_map(|power| multiples.iter().map(move |by| by * power));
        ticks.filter(|tick| (self.low..=self.high).contains(tick)).collect()
    }
}

/// Returns what the bytes of the heap are at its peak, as a row.
pub(super) fn row(name: &str, figures: &Figures, height: usize) -> String {
    let split = figures.split;
    let parts = [
        ("live", split.live, "--live"),
        ("headers", split.headers, "--other"),
        ("rounding", split.rounding, "--hole"),
        ("holes", split.holes, "--heap"),
    ];
    let mut html = format!("<div class=\"key\"><span>{name}:</span>");
    for (part, bytes, color) in parts {
        let bytes = grouped(bytes);
        let _ =
            write!(html, "<span><i style=\"background:var({color})\"></i> {part} {bytes}</span>");
    }
    html += "</div><div class=\"bar\">";
    for (_, bytes, color) in parts {
        let bytes = percent(bytes, height);
        let _ = write!(html, "<i style=\"width:{bytes:.3}%;background:var({color})\"></i>");
    }
    html + "</div>"
}

#[expect(clippy::cast_precision_loss, reason = "it is drawn")]
fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

#[expect(clippy::cast_precision_loss, reason = "it is drawn")]
fn logarithm(count: usize) -> f64 {
    (count as f64 + 1.0).ln()
}
