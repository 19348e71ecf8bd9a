//! The page: pictures, their words, and the figures as text.

use super::base64;
use super::chart;
use super::paint::{Painting, ROWS};
use super::png;
use crate::recording::Recording;
use crate::replay::{Cell, Figures};
use crate::table::{self, title};
use crate::text::{grouped, short};
use core::fmt::Write;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Returns the page of a recording; `height` is the greatest peak of the paintings.
#[must_use]
pub fn page(
    recording: &Recording,
    paintings: &[Painting],
    height: usize,
    cells: &[Cell],
    figures: &[Figures],
) -> String {
    let name = escaped(&recording.name);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>The heap of {name}</title>\n<style>\n{STYLE}</style>\n<main>\n\
         <h1>The heap of {name}</h1>\n<p>{}.</p>\n",
        escaped(&title(recording))
    );
    html += "<h2>Heap over time</h2>\n<p>From left to right the events, from the bottom up the bytes \
             of the heap. The stronger the color, the more of a cell is in use; where there is nothing, the heap \
             does not reach. Point at a cell, or use the arrow keys (with Shift, by ten).</p>\n\
             <div class=\"grid\">\n";
    for painting in paintings {
        figure(&mut html, recording, painting, height);
    }
    html += "</div>\n<h2>Bytes at the peak of the heap</h2>\n";
    for painting in paintings {
        html += &chart::row(&painting.cell.name(), &painting.figures, height);
        html.push('\n');
    }
    html += "<div class=\"grid\">\n<figure><h2>Memory and time of every configuration</h2>\n\
             <p class=\"soft\">Upward, the peak in percent over the most bytes that lived; to the right, the time; both by their \
             logarithms. The points with numbers are those that no other beats in both.</p>\n";
    html += &chart::scatter(recording.peak_live, cells, figures);
    html += "</figure>\n<figure><h2>Sizes and lifetimes</h2>\n<p class=\"soft\">Upward, sizes from 1 byte \
             to 16 MiB; to the right, lifetimes from 1 event to 4 million; both by powers of two. The \
             stronger the color, the more blocks.</p>\n<div class=\"axis\"><span>16 MiB</span></div>\n";
    html += &chart::lifetimes(recording);
    html += "<div class=\"axis\"><span>1 byte, 1 event</span><span>4 million events</span></div>\
             <output></output></figure>\n</div>\n<h2>All figures</h2>\n<div class=\"scroll\" tabindex=\"0\" \
             role=\"region\" aria-label=\"all figures\">\n";
    rows(&mut html, recording, cells, figures);
    let _ = write!(html, "</div>\n</main>\n<script>\n{SCRIPT}</script>\n</html>\n");
    html
}

fn figure(html: &mut String, recording: &Recording, painting: &Painting, height: usize) {
    let columns = painting.series.len();
    let series: Vec<String> =
        painting.series.iter().map(|[live, heap, hole]| format!("{live},{heap},{hole}")).collect();
    let picture = base64::encode(&png::encode(columns, &painting.raster()));
    let name = painting.cell.name();
    let over = painting.figures.over(recording.peak_live);
    let peak = grouped(painting.figures.peak);
    let _ = write!(
        html,
        "<figure>\n<h3>{name}</h3>\n<p class=\"soft\">{peak} bytes, {over:.2} % over what lives</p>\n\
         <div class=\"axis\"><span>{}</span></div>\n\
         <div class=\"raster\" tabindex=\"0\" role=\"application\" aria-label=\"{name}: heap over time; \
         arrow keys move\" data-columns=\"{columns}\" data-rows=\"{ROWS}\" data-events=\"{}\" \
         data-height=\"{}\" data-series=\"{}\">\
         <img alt=\"{name}: {peak} bytes at the peak\" src=\"data:image/png;base64,{picture}\">\
         <span class=\"cross\"></span></div>\n\
         <div class=\"axis\"><span>event 0</span><span>{}</span></div>\n<output></output>\n",
        short(height),
        recording.events.len(),
        height.div_ceil(ROWS).max(1) * ROWS,
        series.join(" "),
        grouped(recording.events.len()),
    );
    let _ = writeln!(html, "<div class=\"axis\"><span>{}</span></div>", short(height));
    *html += &chart::lines(painting, height);
    *html += "<div class=\"key\">";
    for (class, words) in [("live", "live"), ("heap", "heap"), ("hole", "largest hole")] {
        let _ = write!(
            html,
            "<span><svg viewBox=\"0 0 32 10\" aria-hidden=\"true\"><polyline class=\"{class}\" \
             points=\"0,5 32,5\"/></svg> {words}</span>"
        );
    }
    *html += "</div>\n</figure>\n";
}

fn rows(html: &mut String, recording: &Recording, cells: &[Cell], figures: &[Figures]) {
    let _ = writeln!(html, "<table><thead><tr><th>{}</thead>", table::HEADINGS.join("<th>"));
    for (cell, figures) in cells.iter().zip(figures) {
        let _ = writeln!(html, "<tr><td>{}", table::row(recording, cell, figures).join("<td>"));
    }
    *html += "</table>\n";
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
