//! What a figure should be. A machine that is busy misses a goal too, so none is enforced: the report says.

use std::fmt;

use crate::samples::number;

/// A figure, and the bound it should keep.
pub struct Goal {
    what: &'static str,
    figure: f64,
    bound: Bound,
}

enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    pub fn at_most(what: &'static str, bound: f64, figure: f64) -> Self {
        let bound = Bound::AtMost(bound);
        Self {
            what,
            figure,
            bound,
        }
    }

    pub fn at_least(what: &'static str, bound: f64, figure: f64) -> Self {
        let bound = Bound::AtLeast(bound);
        Self {
            what,
            figure,
            bound,
        }
    }

    fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.figure <= bound,
            Bound::AtLeast(bound) => self.figure >= bound,
        }
    }

    /// A line of the table of goals.
    pub fn cells(&self) -> Vec<String> {
        let met = if self.is_met() { "yes" } else { "**no**" };
        vec![
            self.what.to_owned(),
            self.bound.to_string(),
            number(self.figure),
            met.to_owned(),
        ]
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(bound) => write!(f, "at most {}", number(*bound)),
            Self::AtLeast(bound) => write!(f, "at least {}", number(*bound)),
        }
    }
}
