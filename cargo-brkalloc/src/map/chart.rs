//! Charts as SVG whose coordinates are percentages, so that text keeps its size at every width.

use super::paint::Painting;
use crate::recording::{Event, Recording};
use crate::replay::{Cell, Figures};
use crate::text::{grouped, short};
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
    let mut svg = String::from(
        "<svg role=\"img\" style=\"height:300px\"><title>blocks by size and lifetime</title>",
    );
    for (size, row) in counts.iter().enumerate() {
        for (age, count) in row.iter().enumerate().filter(|(_, count)| 0 < **count) {
            let _ = write!(
                svg,
                "<rect x=\"{:.2}%\" y=\"{:.2}%\" width=\"{:.2}%\" height=\"{:.2}%\" fill=\"var(--live)\" \
                 fill-opacity=\"{:.2}\"><title>{} blocks of {} to {} bytes lived {} to {} events\
                 </title></rect>",
                percent(age, AGES),
                percent(SIZES - 1 - size, SIZES),
                percent(1, AGES),
                percent(1, SIZES),
                logarithm(*count) / logarithm(most) * 0.9 + 0.1,
                grouped(*count),
                grouped(1_usize << size),
                grouped((2_usize << size) - 1),
                grouped(1_usize << age),
                grouped((2_usize << age) - 1),
            );
        }
    }
    svg + "</svg>"
}

/// Returns memory over time of every configuration; those that no other beats have their names.
pub(super) fn scatter(live: usize, cells: &[Cell], figures: &[Figures]) -> String {
    let points: Vec<(String, f64, f64)> = cells
        .iter()
        .zip(figures)
        .filter_map(|(cell, figures)| {
            let time = figures.nanoseconds.filter(|_| figures.stopped.is_none())?;
            Some((cell.name(), figures.over(live).max(0.1), time.max(1.0)))
        })
        .collect();
    let most = |of: fn(&(String, f64, f64)) -> f64| points.iter().map(of).fold(1.0, f64::max) * 1.1;
    // From a tenth of a percent on.
    let (most_over, most_time) =
        (most(|point| point.1).log10() + 1.0, most(|point| point.2).log10());
    let mut svg = String::from(
        "<svg style=\"height:340px\"><title>memory over what lives, and time, of every \
         configuration</title>",
    );
    let mut taken: Vec<f64> = Vec::new();
    for (name, over, time) in &points {
        let is_best = points.iter().all(|other| {
            (other.1, other.2) == (*over, *time) || *over < other.1 || *time < other.2
        });
        let x = time.log10() / most_time * 100.0;
        let y = 100.0 - (over.log10() + 1.0) / most_over * 100.0;
        let fill = if is_best { "var(--heap)" } else { "var(--soft)" };
        let radius = if is_best { 6 } else { 4 };
        let _ = write!(
            svg,
            "<circle cx=\"{x:.2}%\" cy=\"{y:.2}%\" r=\"{radius}\" fill=\"{fill}\" fill-opacity=\".8\">\
             <title>{name}: {over:.2} % over what lives, {time:.0} ns an event</title></circle>"
        );
        if is_best {
            let (anchor, shift) = if 55.0 < x { ("end", -9) } else { ("start", 9) };
            let mut row = y - 2.0;
            while taken.iter().any(|other| (other - row).abs() < 5.0) {
                row -= 5.5;
            }
            taken.push(row);
            let _ = write!(
                svg,
                "<text x=\"{x:.2}%\" y=\"{row:.2}%\" dx=\"{shift}\" text-anchor=\"{anchor}\">{name}</text>"
            );
        }
    }
    svg += "</svg>";
    let _ = write!(
        svg,
        "<div class=\"axis\"><span>1 ns</span><span>time an event, by its logarithm</span>\
         <span>{:.0} ns</span></div>",
        10_f64.powf(most_time)
    );
    svg
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
    let mut html = format!("<p>{name}: ");
    let texts: Vec<String> =
        parts.iter().map(|(part, bytes, _)| format!("{part} {}", short(*bytes))).collect();
    html += &texts.join(", ");
    html += "</p><div class=\"bar\">";
    for (part, bytes, color) in parts {
        let _ = write!(
            html,
            "<i title=\"{part}: {} bytes\" style=\"width:{:.3}%;background:var({color})\"></i>",
            grouped(bytes),
            percent(bytes, height)
        );
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
