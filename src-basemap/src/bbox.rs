//! The box an area lies in, in degrees.

use std::fmt;
use std::str::FromStr;

use geo::{Coord, Rect};

use crate::error::BasemapError;
use crate::project::{MAX_LATITUDE, to_world};

/// A box of this many degrees holds a whole region; a housing area is some hundredths of a degree.
const MAX_SPAN_DEGREES: f64 = 1.0;

/// A box on the map in WGS 84 degrees. Written `W,S,E,N`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundingBox {
    pub west: f64,
    pub south: f64,
    pub east: f64,
    pub north: f64,
}

impl BoundingBox {
    /// Says what is wrong with the box, if anything is: tiles can only be made of a box that passes.
    pub fn validate(&self) -> Result<(), BasemapError> {
        match self.problem() {
            None => Ok(()),
            Some(problem) => Err(BasemapError::Box { text: self.to_string(), problem }),
        }
    }

    fn problem(&self) -> Option<String> {
        if ![self.west, self.south, self.east, self.north].iter().all(|degrees| degrees.is_finite()) {
            return Some("every number must be finite".to_owned());
        }
        if self.west < -180.0 || self.east > 180.0 {
            return Some("longitude must lie between -180 and 180".to_owned());
        }
        if self.south < -MAX_LATITUDE || self.north > MAX_LATITUDE {
            return Some(format!("latitude must lie between -{MAX_LATITUDE} and {MAX_LATITUDE}"));
        }
        if self.west >= self.east {
            return Some("west must be less than east".to_owned());
        }
        if self.south >= self.north {
            return Some("south must be less than north".to_owned());
        }
        if self.east - self.west > MAX_SPAN_DEGREES || self.north - self.south > MAX_SPAN_DEGREES {
            return Some(format!("a side may be at most {MAX_SPAN_DEGREES} degree long"));
        }
        None
    }

    /// The box with `degrees` more on every side.
    pub(crate) fn grown(&self, degrees: f64) -> Self {
        Self {
            west: self.west - degrees,
            south: self.south - degrees,
            east: self.east + degrees,
            north: self.north + degrees,
        }
    }

    /// The smallest box around some positions, or nothing when there are none.
    pub(crate) fn around(positions: impl IntoIterator<Item = (f64, f64)>) -> Option<Self> {
        positions.into_iter().fold(None, |found: Option<Self>, (lon, lat)| {
            let point = Self { west: lon, south: lat, east: lon, north: lat };
            Some(found.map_or(point, |found| found.union(&point)))
        })
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }

    pub(crate) fn contains(&self, lon: f64, lat: f64) -> bool {
        (self.west..=self.east).contains(&lon) && (self.south..=self.north).contains(&lat)
    }

    pub(crate) fn intersects(&self, other: &Self) -> bool {
        self.west <= other.east && other.west <= self.east && self.south <= other.north && other.south <= self.north
    }

    pub(crate) fn center(&self) -> (f64, f64) {
        (f64::midpoint(self.west, self.east), f64::midpoint(self.south, self.north))
    }

    /// The same box in world coordinates.
    pub(crate) fn to_world(self) -> Rect<f64> {
        let north_west: Coord<f64> = to_world(self.west, self.north);
        Rect::new(north_west, to_world(self.east, self.south))
    }
}

impl FromStr for BoundingBox {
    type Err = BasemapError;

    fn from_str(text: &str) -> Result<Self, BasemapError> {
        let wrong = |problem: &str| BasemapError::Box { text: text.to_owned(), problem: problem.to_owned() };
        let numbers: Vec<f64> = text
            .split(',')
            .map(|part| part.trim().parse())
            .collect::<Result<_, _>>()
            .map_err(|_| wrong("it must be four numbers (with a decimal point) between commas"))?;
        let [west, south, east, north] = numbers[..] else {
            return Err(wrong("it must be four numbers between commas"));
        };
        let bbox = Self { west, south, east, north };
        match bbox.problem() {
            None => Ok(bbox),
            Some(problem) => Err(wrong(&problem)),
        }
    }
}

impl fmt::Display for BoundingBox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{},{}", self.west, self.south, self.east, self.north)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_reads_back_as_it_was_written() {
        let bbox: BoundingBox = " 9.50, 47.12,9.54,47.16".parse().unwrap();
        assert_eq!(bbox, BoundingBox { west: 9.5, south: 47.12, east: 9.54, north: 47.16 });
        assert_eq!(bbox.to_string().parse::<BoundingBox>().unwrap(), bbox);
    }

    #[test]
    fn a_bad_box_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "four numbers"),
            ("9.5,47.1,9.6", "four numbers"),
            ("9.5,47.1,9.6,47.2,1", "four numbers"),
            ("a,b,c,d", "four numbers"),
            ("9.5,47.1,NaN,47.2", "finite"),
            ("9.5,47.1,inf,47.2", "finite"),
            ("9.6,47.1,9.5,47.2", "west must be less"),
            ("9.5,47.2,9.6,47.1", "south must be less"),
            ("9.5,47.1,9.5,47.2", "west must be less"),
            ("-181,47.1,9.5,47.2", "longitude"),
            ("9.5,47.1,9.6,90", "latitude"),
            ("9,47,12,47.5", "at most 1 degree"),
        ] {
            let error = text.parse::<BoundingBox>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
