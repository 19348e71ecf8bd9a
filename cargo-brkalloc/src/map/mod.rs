//! One HTML file that draws the heap of each configuration over time.
//!
//! ```text
//!   paint    replays with a look at every column: a raster, and live, heap and largest hole
//!   png      a raster as a picture of four bits a pixel
//!   base64   a picture in the page itself
//!   chart    lines, points and bars as SVG, in CSS's colors
//!   page     all of it, with the figures as text
//! ```
//!
//! A raster has as many cells however many blocks there are, so the file stays below 500 KB.

mod base64;
mod chart;
mod page;
mod paint;
mod png;

pub use page::page;
pub use paint::{COLUMNS, Painting, ROWS, paint};
