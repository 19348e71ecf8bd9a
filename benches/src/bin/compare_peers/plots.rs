//! Two pictures: time by group, and memory against time.
//!
//! A row that has no figure (a timeout) has no bar and no point.

use crate::figures::{Cell, Figures, mean};
use brkalloc_benches::rows::Kind;
use brkalloc_benches::workload::{GROUPS, Group, Measure};
use core::error::Error;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::collections::BTreeSet;

/// A picture.
pub(crate) struct Plot {
    /// Its file, beside the page of results.
    pub(crate) file: &'static str,
    pub(crate) title: &'static str,
    pub(crate) svg: String,
}

/// The pictures that there are figures for.
///
/// # Errors
///
/// Where the library cannot draw.
pub(crate) fn all(figures: &Figures) -> Result<Vec<Plot>, String> {
    let drawn = [time(figures), memory(figures)].into_iter().filter_map(Result::transpose);
    drawn.collect::<Result<_, _>>().map_err(|error| format!("a plot: {error}"))
}

type Drawn = Result<Option<Plot>, Box<dyn Error>>;

/// The color of a row: warm for ours, cold for the peers in C, greens and grays for the others.
fn color(figures: &Figures, row: usize) -> RGBColor {
    const OURS: [RGBColor; 4] = [
        RGBColor(214, 39, 40),
        RGBColor(255, 127, 14),
        RGBColor(247, 190, 60),
        RGBColor(140, 30, 90),
    ];
    const IN_C: [RGBColor; 4] = [
        RGBColor(8, 48, 107),
        RGBColor(33, 113, 181),
        RGBColor(107, 174, 214),
        RGBColor(110, 80, 180),
    ];
    const IN_RUST: [RGBColor; 6] = [
        RGBColor(0, 90, 50),
        RGBColor(65, 171, 93),
        RGBColor(161, 217, 155),
        RGBColor(110, 110, 110),
        RGBColor(160, 160, 160),
        RGBColor(205, 205, 205),
    ];
    let class = |row: usize| match figures.rows[row].kind {
        Kind::Glibc => &[BLACK][..],
        Kind::Ours(_) => &OURS[..],
        Kind::PeerInC(_) => &IN_C[..],
        Kind::Peer(_) => &IN_RUST[..],
    };
    let colors = class(row);
    let before = (0..row).filter(|before| class(*before) == colors).count();
    colors[before % colors.len()]
}

/// Grouped bars, from glibc's time downward where it is less.
fn time(figures: &Figures) -> Drawn {
    let (file, title) = ("results-time.svg", "Time by group, of glibc's; lower is better");
    let has_figures = |group: &&Group| figures.group(0, group).is_some();
    let groups = GROUPS.iter().filter(|group| group.measure == Measure::Time).filter(has_figures);
    let groups: Vec<&Group> = groups.collect();
    let bars: Vec<(usize, usize, f64)> = (1..figures.rows.len())
        .flat_map(|row| groups.iter().enumerate().map(move |(place, group)| (row, place, *group)))
        .filter_map(|(row, place, group)| Some((row, place, figures.group(row, group)?.ok()?)))
        .collect();
    if bars.is_empty() {
        return Ok(None);
    }
    let rows = bars.iter().map(|(row, _, _)| *row).collect();
    let (least, most) = range(bars.iter().map(|(_, _, ratio)| *ratio));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1100, 520)).into_drawing_area();
        let left = with_legend(&area, figures, &rows)?;
        let mut chart = ChartBuilder::on(&left)
            .caption(title, ("sans-serif", 20))
            .margin(12)
            .set_label_area_size(LabelAreaPosition::Left, 56)
            .set_label_area_size(LabelAreaPosition::Bottom, 36)
            .build_cartesian_2d(0.0..float(groups.len()), least..most)?;
        let name = |place: &f64| {
            let group = groups
                .iter()
                .enumerate()
                .find(|(index, _)| (float(*index) + 0.5 - place).abs() < 0.01);
            group.map_or_else(String::new, |(_, group)| group.name.to_owned())
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .x_labels(2 * groups.len() + 1)
            .x_label_formatter(&name)
            .y_labels(LABELS)
            .y_label_formatter(&|place| power(*place))
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 14))
            .draw()?;
        let width = 0.86 / float(figures.rows.len() - 1);
        for row in 1..figures.rows.len() {
            let style = color(figures, row).filled();
            let of_row = bars.iter().filter(|(of, _, _)| *of == row);
            let bars = of_row.map(|(_, place, ratio)| {
                let left = float(*place) + 0.07 + width * float(row - 1);
                Rectangle::new([(left, 0.0), (left + 0.92 * width, ratio.log2())], style)
            });
            chart.draw_series(bars)?;
        }
        let line = [(0.0, 0.0), (float(groups.len()), 0.0)];
        chart.draw_series([PathElement::new(line, BLACK)])?;
        area.present()?;
    }
    Ok(Some(Plot { file, title, svg }))
}

/// The workloads of the second picture: those whose peak of live bytes is known, and is more than
/// what a process has anyway.
const HEAVY: [&str; 4] = ["live-10^5", "live-10^6", "actions", "frag"];

/// A point for each allocator.
fn memory(figures: &Figures) -> Drawn {
    let file = "results-memory.svg";
    let title = "Memory against time (live-10^5, live-10^6, actions, frag); nearer to the lower left is better";
    let point = |row: usize| -> Option<(f64, f64)> {
        let of = |figure: &dyn Fn(&str) -> Option<Cell>| mean(&HEAVY, figure)?.ok();
        let time = of(&|name| figures.ratio(row, name, Measure::Time))?;
        Some((time.log2(), of(&|name| figures.over_live(row, name))?))
    };
    let points: Vec<(usize, (f64, f64))> =
        (0..figures.rows.len()).filter_map(|row| Some((row, point(row)?))).collect();
    if points.is_empty() {
        return Ok(None);
    }
    let rows = points.iter().map(|(row, _)| *row).collect();
    let (least, most) = range(points.iter().map(|(_, (time, _))| time.exp2()));
    let top = points.iter().map(|(_, (_, memory))| *memory).fold(1.0, f64::max);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1100, 520)).into_drawing_area();
        let left = with_legend(&area, figures, &rows)?;
        let mut chart = ChartBuilder::on(&left)
            .caption(title, ("sans-serif", 20))
            .margin(12)
            .set_label_area_size(LabelAreaPosition::Left, 56)
            .set_label_area_size(LabelAreaPosition::Bottom, 44)
            .build_cartesian_2d(least..most, 0.9..top * 1.08)?;
        chart
            .configure_mesh()
            .x_desc("time of an operation, of glibc's")
            .y_desc("peak resident bytes over peak live bytes")
            .x_labels(LABELS)
            .x_label_formatter(&|place| power(*place))
            .light_line_style(TRANSPARENT)
            .label_style(("sans-serif", 14))
            .draw()?;
        let dot = |(row, point)| Circle::new(point, 6, color(figures, row).filled());
        chart.draw_series(points.into_iter().map(dot))?;
        area.present()?;
    }
    Ok(Some(Plot { file, title, svg }))
}

/// The area of the chart, white, and beside it the names and colors of these rows.
fn with_legend<'a>(
    area: &DrawingArea<SVGBackend<'a>, Shift>,
    figures: &Figures,
    rows: &BTreeSet<usize>,
) -> Result<DrawingArea<SVGBackend<'a>, Shift>, Box<dyn Error>> {
    area.fill(&WHITE)?;
    let (chart, legend) = area.split_horizontally(900);
    for (&row, top) in rows.iter().zip((48..).step_by(20)) {
        let square = Rectangle::new([(0, top), (12, top + 12)], color(figures, row).filled());
        legend.draw(&square)?;
        legend.draw(&Text::new(figures.rows[row].name, (20, top), ("sans-serif", 14)))?;
    }
    Ok(chart)
}

/// As many labels as an axis of ratios has at most.
const LABELS: usize = 12;

/// The least and the largest power of two of an axis that shows these ratios, and 1.
fn range(ratios: impl Iterator<Item = f64>) -> (f64, f64) {
    let powers = ratios.map(|ratio| (ratio.log2().floor(), ratio.log2().ceil()));
    powers.fold((-1.0, 1.0), |(least, most), (lower, upper)| (lower.min(least), upper.max(most)))
}

/// What an axis says of a power of two; nothing between two of them.
fn power(logarithm: f64) -> String {
    let ratio = logarithm.round().exp2();
    if (logarithm - logarithm.round()).abs() < 0.01 { format!("{ratio}") } else { String::new() }
}

fn float(number: usize) -> f64 {
    brkalloc_benches::meter::float(number as u64)
}
