use super::*;
use crate::map::Bounds;
use trygkort_core::domain::RowId;

fn pin(number: u128, category: PinCategory, lat: f64, lon: f64) -> PinView {
    PinView {
        id: PinId(RowId(uuid::Uuid::from_u128(number))),
        kind: category.kind(),
        category,
        title: format!("Markering {number}"),
        note: String::new(),
        lat,
        lon,
        scope: Scope::Network,
        walk: None,
        expires_at_ms: None,
        editable: true,
        deletable: true,
        added_by: None,
        pending: false,
    }
}

fn form(category: PinCategory, scope: Scope) -> PinForm {
    PinForm { category, title: "Stien".into(), note: String::new(), position: Some((55.7, 12.4)), scope }
}

fn numbers(pins: &[PinView]) -> Vec<u128> {
    pins.iter().map(|pin| pin.id.0.0.as_u128()).collect()
}

#[test]
fn the_address_says_what_is_shown_and_reads_back() {
    let cases = [
        (PinFilter::default(), "/map"),
        (PinFilter::parse(Some("resource"), None), "/map?kind=resource"),
        (PinFilter::parse(None, Some("social,place")), "/map?category=place,social"),
        (PinFilter::parse(Some("challenge"), Some("social")), "/map?kind=challenge&category=social"),
    ];
    for (filter, address) in cases {
        assert_eq!(filter.address("/map", None), address);
        let query = |name: &str| {
            let (_, query) = address.split_once('?')?;
            query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        assert_eq!(PinFilter::parse(query("kind"), query("category")), filter, "{address}");
    }
    let id = PinId(RowId(uuid::Uuid::from_u128(7)));
    assert_eq!(PinFilter::default().address("/map", Some(id)), format!("/map?pin={id}"));
}

#[test]
fn words_nobody_knows_filter_nothing() {
    assert_eq!(PinFilter::parse(Some("unicorn"), Some("moon,,")), PinFilter::default());
}

#[test]
fn a_kind_lets_the_other_kinds_categories_go() {
    let filter = PinFilter::parse(None, Some("place,social"));
    let hearts = filter.with_kind(Some(PinKind::Resource));
    assert!(hearts.has_category(PinCategory::Place) && !hearts.has_category(PinCategory::Social));
    assert_eq!(PinFilter::parse(Some("resource"), Some("social")).category_count(), 0);
    assert_eq!(hearts.offered().len(), 4);
    assert_eq!(hearts.toggled(PinCategory::Place).category_count(), 0);
}

#[test]
fn what_is_shown_keeps_its_order() {
    let pins = [
        pin(1, PinCategory::Social, 55.0, 12.0),
        pin(2, PinCategory::Place, 55.0, 12.0),
        pin(3, PinCategory::Institution, 55.0, 12.0),
    ];
    assert_eq!(numbers(&shown(&pins, &PinFilter::default())), [1, 2, 3]);
    assert_eq!(numbers(&shown(&pins, &PinFilter::parse(Some("resource"), None))), [2, 3]);
    assert_eq!(numbers(&shown(&pins, &PinFilter::parse(None, Some("institution,social")))), [1, 3]);
}

#[test]
fn only_what_is_in_view_is_listed_and_the_nearest_first() {
    let view =
        MapView { bounds: Bounds([12.0, 55.0, 13.0, 56.0]), center: Place { lat: 55.5, lon: 12.5 }, by_user: true };
    let pins = [
        pin(1, PinCategory::Place, 55.9, 12.5),
        pin(2, PinCategory::Place, 57.0, 12.5),
        pin(3, PinCategory::Place, 55.6, 12.5),
        pin(4, PinCategory::Place, 55.5, 12.6),
    ];
    let all = in_view(&pins, view, 10);
    // 0.1° east is nearer than 0.1° north this far from the equator.
    assert_eq!((numbers(&all.pins), all.more), (vec![4, 3, 1], 0));
    let two = in_view(&pins, view, 2);
    assert_eq!((numbers(&two.pins), two.more), (vec![4, 3], 1));
}

#[test]
fn places_round_trip_through_the_address() {
    let place = Place { lat: 55.735_123_4, lon: 12.401_5 };
    assert_eq!(place_word(place), "55.7351234,12.4015000");
    assert_eq!(parse_place("55.7351234,12.4015000"), Some(place));
    assert_eq!(place_of(" 55,5", "12.25 "), Some(Place { lat: 55.5, lon: 12.25 }));
    for nonsense in ["", "55.7", "91,12", "55,181", "north,east", "NaN,1", "inf,1"] {
        assert_eq!(parse_place(nonsense), None, "{nonsense}");
    }
}

#[test]
fn groups_are_for_coordinators_and_stay_with_them() {
    assert!(!categories_for(Some(Role::Staff)).contains(&PinCategory::Group));
    assert_eq!(categories_for(Some(Role::Coordinator)).len(), 7);
    assert_eq!(scopes_for(Some(Role::Coordinator), PinCategory::Group, &Within::default()), [Scope::Coordination]);
    assert_eq!(scopes_for(Some(Role::Staff), PinCategory::Place, &Within::default()), [Scope::Network]);

    let role = Some(Role::Coordinator);
    let group = with_category(&form(PinCategory::Place, Scope::Public), PinCategory::Group, role, &Within::default());
    assert_eq!(group.scope, Scope::Coordination);
    assert_eq!(with_category(&group, PinCategory::Social, role, &Within::default()).scope, Scope::Network);
    let public =
        with_category(&form(PinCategory::Place, Scope::Public), PinCategory::Institution, role, &Within::default());
    assert_eq!(public.scope, Scope::Public);
}

#[test]
fn on_a_walk_a_mark_is_for_the_walk_and_only_coordinators_move_it() {
    let place = PinCategory::Place;
    let new = Within { here: None, walks: vec![3] };
    assert_eq!(scopes_for(Some(Role::Participant), place, &new), [Scope::Walk(3)]);
    assert_eq!(scopes_for(Some(Role::Resident), place, &Within::default()), []);
    assert_eq!(scopes_for(Some(Role::Staff), place, &new), [Scope::Network, Scope::Walk(3)]);

    let there = Within { here: Some(Scope::Walk(2)), walks: vec![2, 3] };
    for role in [Role::Participant, Role::Staff] {
        assert_eq!(scopes_for(Some(role), place, &there), [Scope::Walk(2)]);
    }
    let all = [Scope::Public, Scope::Network, Scope::Coordination, Scope::Walk(2), Scope::Walk(3)];
    assert_eq!(scopes_for(Some(Role::Coordinator), place, &there), all);
    let kept = with_category(&form(place, Scope::Walk(2)), PinCategory::Social, Some(Role::Participant), &there);
    assert_eq!(kept.scope, Scope::Walk(2));
}

#[test]
fn the_first_missing_thing_is_named() {
    let whole = form(PinCategory::Place, Scope::Network);
    assert_eq!(missing(&whole), None);
    assert_eq!(missing(&PinForm { position: None, ..whole.clone() }), Some(Missing::Position));
    assert_eq!(missing(&PinForm { title: "  ".into(), position: None, ..whole }), Some(Missing::Title));
}
