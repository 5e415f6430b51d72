//! The chart: what the components serve and what they burn, side by side.

use std::{error::Error, path::Path};

use plotters::{
    coord::{Shift, types::RangedCoordf64},
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use crate::samples::{Samples, number};

const SIZE: (u32, u32) = (960, 420);
const FONT: (&str, u32) = ("sans-serif", 15);
const TITLE: (&str, u32) = ("sans-serif", 19);

/// This shortener stands out; the others are what it is compared with.
const COLOURS: [RGBColor; 3] = [
    RGBColor(38, 110, 180),
    RGBColor(160, 170, 180),
    RGBColor(225, 165, 90),
];

/// How much of its place a group of bars takes.
const GROUP: f64 = 0.84;

/// How high a panel is, measured in its highest bar: above are the bar's figure and the legend.
const HEADROOM: f64 = 1.4;

/// Bars in groups.
pub struct Panel {
    pub title: &'static str,
    /// The groups' names, and one figure in each for every component.
    pub groups: Vec<(String, Vec<Samples>)>,
}

type Outcome = Result<(), Box<dyn Error>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Draws panels beside each other, in which `names` are the components.
pub fn draw(file: &Path, names: &[&str], panels: &[Panel]) -> Outcome {
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let areas = root.split_evenly((1, panels.len()));
    for (area, panel) in areas.iter().zip(panels) {
        draw_panel(area, names, panel)?;
    }
    root.present()?;
    Ok(())
}

fn draw_panel(area: &Area, names: &[&str], panel: &Panel) -> Outcome {
    let figures = panel.groups.iter().flat_map(|(_, figures)| figures);
    let highest = figures.map(Samples::max).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .caption(panel.title, TITLE)
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..panel.groups.len() as f64, 0.0..highest * HEADROOM)?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .x_labels(0)
        .light_line_style(TRANSPARENT)
        .label_style(FONT)
        .y_label_formatter(&|figure| number(*figure))
        .draw()?;
    for (group, (name, _)) in panel.groups.iter().enumerate() {
        label(&chart, name, (group as f64 + 0.5, 0.0), (VPos::Top, 8))?;
    }
    for (component, name) in names.iter().enumerate() {
        draw_bars(&mut chart, panel, component, names.len(), name)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .label_font(FONT)
        .draw()?;
    Ok(())
}

/// One component's bar in every group, with its range and its figure.
fn draw_bars(
    chart: &mut Chart,
    panel: &Panel,
    component: usize,
    components: usize,
    name: &str,
) -> Outcome {
    let colour = COLOURS[component].filled();
    let width = GROUP / components as f64;
    let left = |group: usize| group as f64 + (1.0 - GROUP) / 2.0 + component as f64 * width;
    let groups = || {
        panel
            .groups
            .iter()
            .map(|(_, figures)| &figures[component])
            .enumerate()
    };
    let bars = groups().map(|(group, figure)| {
        let left = left(group);
        Rectangle::new([(left, 0.0), (left + width, figure.median())], colour)
    });
    chart
        .draw_series(bars)?
        .label(name)
        .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], colour));
    for (group, figure) in groups() {
        let middle = left(group) + width / 2.0;
        let [low, median, high] = [figure.min(), figure.median(), figure.max()];
        let range = ErrorBar::new_vertical(middle, low, median, high, BLACK.stroke_width(1), 8);
        chart.plotting_area().draw(&range)?;
        label(chart, &number(median), (middle, high), (VPos::Bottom, -4))?;
    }
    Ok(())
}

/// A text centred at a place in the chart, so many pixels away from it.
fn label(chart: &Chart, text: &str, at: (f64, f64), (side, pixels): (VPos, i32)) -> Outcome {
    let style = TextStyle::from(FONT).pos(Pos::new(HPos::Center, side));
    let text = Text::new(text.to_owned(), (0, pixels), style);
    chart.plotting_area().draw(&(EmptyElement::at(at) + text))?;
    Ok(())
}
