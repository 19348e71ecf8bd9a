//! Two pictures: time by group, and memory against time.
//!
//! A row that has no figure (a timeout) has no bar and no point.

use crate::figures::{Cell, Figures, mean};
use brkalloc_benches::rows::Kind;
use brkalloc_benches::workload::{GROUPS, Group, Measure};
use core::error::Error;
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::prelude::*;

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
    let (least, most) = range(bars.iter().map(|(_, _, ratio)| *ratio).chain([1.0]));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1100, 520)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 20))
            .margin(12)
            .set_label_area_size(LabelAreaPosition::Left, 56)
            .set_label_area_size(LabelAreaPosition::Bottom, 36)
            .build_cartesian_2d(0.0..float(groups.len()), (least..most).log_scale())?;
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
            .y_label_formatter(&|ratio| format!("{ratio}"))
            .label_style(("sans-serif", 14))
            .draw()?;
        let width = 0.86 / float(figures.rows.len() - 1);
        for row in 1..figures.rows.len() {
            let style = color(figures, row).filled();
            let of_row = bars.iter().filter(|(of, _, _)| *of == row);
            let bars = of_row.map(|(_, place, ratio)| {
                let left = float(*place) + 0.07 + width * float(row - 1);
                Rectangle::new([(left, 1.0), (left + 0.92 * width, *ratio)], style)
            });
            let legend = move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], style);
            chart.draw_series(bars)?.label(figures.rows[row].name).legend(legend);
        }
        let line = [(0.0, 1.0), (float(groups.len()), 1.0)];
        chart.draw_series([PathElement::new(line, BLACK)])?;
        legend(&mut chart)?;
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
        Some((time, of(&|name| figures.over_live(row, name))?))
    };
    let points: Vec<(usize, (f64, f64))> =
        (0..figures.rows.len()).filter_map(|row| Some((row, point(row)?))).collect();
    if points.is_empty() {
        return Ok(None);
    }
    let (least, most) = range(points.iter().map(|(_, (time, _))| *time));
    let top = points.iter().map(|(_, (_, memory))| *memory).fold(1.0, f64::max);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (1100, 520)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 20))
            .margin(12)
            .set_label_area_size(LabelAreaPosition::Left, 56)
            .set_label_area_size(LabelAreaPosition::Bottom, 44)
            .build_cartesian_2d((least..most).log_scale(), 0.9..top * 1.08)?;
        chart
            .configure_mesh()
            .x_desc("time of an operation, of glibc's")
            .y_desc("peak resident bytes over peak live bytes")
            .x_label_formatter(&|ratio| format!("{ratio}"))
            .label_style(("sans-serif", 14))
            .draw()?;
        for (row, point) in points {
            let (style, name) = (color(figures, row).filled(), figures.rows[row].name);
            let legend = move |(x, y)| Circle::new((x + 6, y), 5, style);
            let dot = [Circle::new(point, 6, style)];
            chart.draw_series(dot)?.label(name).legend(legend);
        }
        legend(&mut chart)?;
        area.present()?;
    }
    Ok(Some(Plot { file, title, svg }))
}

/// Names and colors, in a corner.
fn legend<'a, X, Y>(
    chart: &mut ChartContext<'a, SVGBackend<'a>, Cartesian2d<X, Y>>,
) -> Result<(), Box<dyn Error>>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.85))
        .label_font(("sans-serif", 13))
        .draw()?;
    Ok(())
}

/// A little more than the range of the figures.
fn range(figures: impl Iterator<Item = f64>) -> (f64, f64) {
    let (least, most) = figures
        .fold((f64::MAX, f64::MIN), |(least, most), figure| (least.min(figure), most.max(figure)));
    (least * 0.85, most * 1.2)
}

fn float(number: usize) -> f64 {
    brkalloc_benches::meter::float(number as u64)
}
