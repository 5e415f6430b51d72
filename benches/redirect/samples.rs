//! One figure, measured in several rounds.

use std::fmt;

/// A figure of every round, in their order.
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn median(&self) -> f64 {
        let sorted = self.sorted();
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    pub fn min(&self) -> f64 {
        self.0.iter().copied().fold(f64::NAN, f64::min)
    }

    pub fn max(&self) -> f64 {
        self.0.iter().copied().fold(f64::NAN, f64::max)
    }

    /// The median of the ratios within each round: what slows a whole round down leaves it alone.
    pub fn ratio(&self, base: &Self) -> f64 {
        let rounds = self.0.iter().zip(&base.0);
        rounds
            .map(|(figure, base)| figure / base)
            .collect::<Self>()
            .median()
    }

    /// These, and their ratio to others.
    pub fn compared(&self, base: &Self) -> String {
        format!("{self} {}×", number(self.ratio(base)))
    }

    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
}

impl FromIterator<f64> for Samples {
    fn from_iter<I: IntoIterator<Item = f64>>(figures: I) -> Self {
        Self(figures.into_iter().collect())
    }
}

/// The median, and between what.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [median, min, max] = [self.median(), self.min(), self.max()].map(number);
        write!(f, "{median} ({min}–{max})")
    }
}

/// A number with about three digits that count, its thousands set apart.
pub fn number(number: f64) -> String {
    match number.abs() {
        0.0 => "0".to_owned(),
        0.0..10.0 => format!("{number:.2}"),
        10.0..100.0 => format!("{number:.1}"),
        100.0.. => grouped(&format!("{number:.0}")),
        _ => number.to_string(),
    }
}

/// A whole number, its thousands set apart.
pub fn count(count: usize) -> String {
    grouped(&count.to_string())
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
