//! Medians and geometric means.

/// The median; of an even number, the mean of the two in the middle. None of nothing.
#[must_use]
pub fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

/// The geometric mean. None of nothing.
#[must_use]
pub fn geometric_mean(figures: &[f64]) -> Option<f64> {
    let count = f64::from(u32::try_from(figures.len()).ok().filter(|count| 0 < *count)?);
    Some((figures.iter().map(|figure| figure.ln()).sum::<f64>() / count).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[9.0, 1.0, 2.0, 4.0]), Some(3.0));
    }

    #[test]
    fn the_geometric_mean_is_that_of_ratios() {
        let mean = geometric_mean(&[0.5, 2.0, 8.0]).expect("there are some");
        assert!((mean - 2.0).abs() < 1e-12, "{mean}");
        assert_eq!(geometric_mean(&[]), None);
    }
}
