//! Where a mark was put, told beside another place: nobody reads coordinates.

use crate::features::map::{offset_m, parse_place};
use crate::format::decimal;
use crate::i18n::*;

/// The tangent of 22.5°: half of what each of the eight directions takes up.
const HALF_A_DIRECTION: f64 = 0.414_213_56;

/// What a place is told beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// Where the mark was before it was moved.
    Before,
    /// Where it stayed, because it was never moved to this place.
    Stayed,
    /// Where it is now.
    Now,
}

/// A place in words, by the way to it from the other one. `other` is `None` where that is not known here, and empty where
/// there was none.
pub(super) fn place_words(locale: Locale, beside: Beside, other: Option<&str>, place: &str) -> String {
    let Some(to) = parse_place(place) else { return td_string!(locale, updates.nothing).to_owned() };
    let Some(other) = other else {
        let words = match beside {
            Beside::Before => td_string!(locale, updates.place.moved_somewhere),
            Beside::Stayed => td_string!(locale, updates.place.elsewhere_somewhere),
            Beside::Now => td_string!(locale, updates.place.put),
        };
        return words.to_owned();
    };
    let Some(from) = parse_place(other) else { return td_string!(locale, updates.place.put).to_owned() };
    let (north, east) = offset_m(from, to);
    let metres = (north * north + east * east).sqrt();
    if metres < 1.0 {
        let words = match beside {
            Beside::Before => td_string!(locale, updates.place.moved_little),
            Beside::Stayed => td_string!(locale, updates.place.elsewhere_little),
            Beside::Now => td_string!(locale, updates.place.beside_little),
        };
        return words.to_owned();
    }
    let (distance, direction) = (distance_words(locale, metres), direction_words(locale, north, east));
    match beside {
        Beside::Before => {
            td_string!(locale, updates.place.moved, distance = distance, direction = direction).to_string()
        }
        Beside::Stayed => {
            td_string!(locale, updates.place.elsewhere, distance = distance, direction = direction).to_string()
        }
        Beside::Now => td_string!(locale, updates.place.beside, distance = distance, direction = direction).to_string(),
    }
}

/// *40 m*, *120 m*, *1,2 km*.
#[expect(clippy::cast_possible_truncation, reason = "less than a kilometre, in metres")]
#[expect(clippy::cast_sign_loss, reason = "a distance")]
fn distance_words(locale: Locale, metres: f64) -> String {
    let rounded = |to: u32| (metres / f64::from(to)).round() as u32 * to;
    if metres < 100.0 {
        format!("{} m", rounded(1))
    } else if metres < 995.0 {
        format!("{} m", rounded(10))
    } else {
        let km = decimal(metres / 1_000.0, 1);
        match locale {
            Locale::da => format!("{} km", km.replace('.', ",")),
            Locale::en => format!("{km} km"),
        }
    }
}

fn direction_words(locale: Locale, north: f64, east: f64) -> &'static str {
    let northward = north.abs() > east.abs() * HALF_A_DIRECTION;
    let eastward = east.abs() > north.abs() * HALF_A_DIRECTION;
    match (northward, eastward, north > 0.0, east > 0.0) {
        (true, false, true, _) => td_string!(locale, updates.place.north),
        (true, false, false, _) => td_string!(locale, updates.place.south),
        (true, true, true, true) => td_string!(locale, updates.place.north_east),
        (true, true, true, false) => td_string!(locale, updates.place.north_west),
        (true, true, false, true) => td_string!(locale, updates.place.south_east),
        (true, true, false, false) => td_string!(locale, updates.place.south_west),
        (false, _, _, true) => td_string!(locale, updates.place.east),
        (false, _, _, false) => td_string!(locale, updates.place.west),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "55.63800, 12.16500";

    /// As the core gives it.
    fn away(north: f64, east: f64) -> String {
        format!("{}, {}", decimal(55.638 + north, 5), decimal(12.165 + east, 5))
    }

    #[track_caller]
    fn check(place: &str, moved: &str) {
        assert_eq!(place_words(Locale::da, Beside::Before, Some(HERE), place), moved);
    }

    #[test]
    fn a_mark_that_was_moved_says_how_far_and_where_to() {
        check(&away(0.000_36, 0.0), "flyttet 40 m mod nord");
        check(&away(0.0, 0.001), "flyttet 63 m mod øst");
        check(&away(-0.001, -0.001_77), "flyttet 160 m mod sydvest");
        check(&away(0.006_3, 0.0), "flyttet 700 m mod nord");
        check(&away(0.0, -0.02), "flyttet 1,3 km mod vest");
        check(HERE, "flyttet mindre end 1 m");
        let told = place_words(Locale::en, Beside::Before, Some(HERE), &away(0.0, -0.02));
        assert_eq!(told, "moved 1.3 km to the west");
    }

    #[test]
    fn each_of_the_eight_directions_has_its_word() {
        let ways =
            [(1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (-1.0, 1.0), (-1.0, 0.0), (-1.0, -1.0), (0.0, -1.0), (1.0, -1.0)];
        let words = |locale| ways.map(|(north, east)| direction_words(locale, north, east));
        assert_eq!(
            words(Locale::da),
            ["nord", "nordøst", "øst", "sydøst", "syd", "sydvest", "vest", "nordvest"],
            "clockwise from the north"
        );
        assert_eq!(
            words(Locale::en),
            ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"]
        );
        // 22° is still north, 23° is not.
        assert_eq!(direction_words(Locale::da, 0.927, 0.375), "nord");
        assert_eq!(direction_words(Locale::da, 0.921, 0.391), "nordøst");
    }

    #[test]
    fn what_two_people_chose_is_told_by_the_way_between() {
        let theirs = away(0.001, 0.0);
        let told = |beside| place_words(Locale::da, beside, Some(HERE), &theirs);
        assert_eq!(told(Beside::Now), "110 m mod nord fra, hvor den står nu");
        assert_eq!(told(Beside::Stayed), "et andet sted, 110 m mod nord");
        let same = |beside| place_words(Locale::da, beside, Some(HERE), HERE);
        assert_eq!(same(Beside::Now), "mindre end 1 m fra, hvor den står nu");
        assert_eq!(same(Beside::Stayed), "et andet sted, mindre end 1 m væk");
    }

    #[test]
    fn without_another_place_no_way_is_made_up() {
        let told = |beside, other| place_words(Locale::da, beside, other, HERE);
        assert_eq!(told(Beside::Before, Some("")), "sat på kortet", "it had none");
        assert_eq!(told(Beside::Now, Some("")), "sat på kortet");
        assert_eq!(told(Beside::Before, None), "flyttet", "from where, is not known here");
        assert_eq!(told(Beside::Stayed, None), "et andet sted");
        assert_eq!(told(Beside::Now, None), "sat på kortet");
        assert_eq!(place_words(Locale::da, Beside::Before, Some(HERE), ""), "(tomt)");
    }
}
