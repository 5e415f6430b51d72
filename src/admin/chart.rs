//! The clicks of some days as a bar chart, and as the numbers that it shows.

use crate::domain::Day;

/// Sizes in the chart's own units: of a day, of its bar, and of the highest bar.
const DAY_WIDTH: usize = 20;
const BAR_WIDTH: usize = 16;
const HEIGHT: f64 = 100.0;

/// The bars of some days. Lengths are in the chart's own units.
pub struct Chart {
    pub width: usize,
    pub height: f64,
    pub bar_width: usize,
    pub bars: Vec<Bar>,
    /// The most clicks on one day.
    pub most: u64,
    pub total: u64,
}

/// One day.
pub struct Bar {
    pub date: String,
    pub clicks: u64,
    pub x: usize,
    pub y: String,
    pub height: String,
}

impl Chart {
    /// For `days` in their order.
    pub fn new(days: &[(Day, u64)]) -> Self {
        let clicks = || days.iter().map(|(_, clicks)| *clicks);
        let most = clicks().max().unwrap_or_default();
        let bar = |(n, (day, clicks)): (usize, &(Day, u64))| {
            #[expect(clippy::cast_precision_loss, reason = "as exact as a screen")]
            let share = match most {
                0 => 0.0,
                most => *clicks as f64 / most as f64,
            };
            let height = share * HEIGHT;
            Bar {
                date: day.to_string(),
                clicks: *clicks,
                x: n.saturating_mul(DAY_WIDTH),
                y: format!("{:.1}", HEIGHT - height),
                height: format!("{height:.1}"),
            }
        };
        Self {
            width: days.len().saturating_mul(DAY_WIDTH),
            height: HEIGHT,
            bar_width: BAR_WIDTH,
            bars: days.iter().enumerate().map(bar).collect(),
            most,
            total: clicks().fold(0, u64::saturating_add),
        }
    }

    pub fn first(&self) -> &str {
        self.bars.first().map_or("", |bar| &bar.date)
    }

    pub fn last(&self) -> &str {
        self.bars.last().map_or("", |bar| &bar.date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_with_the_most_clicks_has_the_highest_bar() {
        let first = Day::parse("2030-01-01").unwrap();
        let days: Vec<_> = first.through(Day::parse("2030-01-03").unwrap()).collect();
        let clicks = [1, 0, 4];
        let days: Vec<_> = days.into_iter().zip(clicks).collect();
        let chart = Chart::new(&days);
        assert_eq!((chart.width, chart.most, chart.total), (60, 4, 5));
        assert_eq!((chart.first(), chart.last()), ("2030-01-01", "2030-01-03"));
        let bars: Vec<_> = chart
            .bars
            .iter()
            .map(|bar| (bar.x, bar.y.as_str(), bar.height.as_str()))
            .collect();
        let expected = [
            (0, "75.0", "25.0"),
            (20, "100.0", "0.0"),
            (40, "0.0", "100.0"),
        ];
        assert_eq!(bars, expected);
    }

    #[test]
    fn days_without_clicks_have_no_bars() {
        let day = Day::parse("2030-01-01").unwrap();
        let chart = Chart::new(&[(day, 0)]);
        assert_eq!(chart.bars[0].height, "0.0");
        assert_eq!(Chart::new(&[]).first(), "");
    }
}
