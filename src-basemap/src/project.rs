//! Web Mercator: the world as a square from 0 to 1, x to the east and y to the south, as tiles count.

use std::f64::consts::PI;

use geo::Coord;

/// The latitude at which the square ends.
pub(crate) const MAX_LATITUDE: f64 = 85.05;

/// Longitude and latitude in degrees to world coordinates.
pub(crate) fn to_world(lon: f64, lat: f64) -> Coord<f64> {
    let latitude = lat.clamp(-MAX_LATITUDE, MAX_LATITUDE).to_radians();
    Coord { x: (lon + 180.0) / 360.0, y: (1.0 - latitude.tan().asinh() / PI) / 2.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_world_is_the_middle_of_the_square() {
        assert_eq!(to_world(0.0, 0.0), Coord { x: 0.5, y: 0.5 });
    }

    #[test]
    fn vaduz_lies_in_the_tile_that_everybody_else_puts_it_in() {
        let vaduz = to_world(9.5209, 47.1410);
        let tile = |part: f64| (part * f64::from(1 << 14)).floor();
        assert_eq!((tile(vaduz.x), tile(vaduz.y)), (8625.0, 5753.0));
    }
}
