//! The value of a field: what one register holds.

use super::RowId;
use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};
use uuid::Uuid;

/// A place in WGS 84, in units of 10⁻⁷ degrees (about a centimetre), with the accuracy it was measured with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub lat_e7: i32,
    pub lon_e7: i32,
    /// Radius in metres, when it came from a device; `None` when it was placed by hand.
    pub accuracy_m: Option<u32>,
}

impl Position {
    /// A position placed by hand; `None` when it is not on the globe.
    #[must_use]
    pub fn from_degrees(lat: f64, lon: f64) -> Option<Self> {
        let on_globe = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked on the line above")]
        let e7 = |degrees: f64| (degrees * 1e7).round() as i32;
        on_globe.then(|| Self { lat_e7: e7(lat), lon_e7: e7(lon), accuracy_m: None })
    }

    /// Whether latitude and longitude are in their ranges.
    #[must_use]
    pub fn is_on_globe(self) -> bool {
        self.lat_e7.unsigned_abs() <= 900_000_000 && self.lon_e7.unsigned_abs() <= 1_800_000_000
    }

    /// Latitude in degrees.
    #[must_use]
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e7) / 1e7
    }

    /// Longitude in degrees.
    #[must_use]
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e7) / 1e7
    }
}

/// What a field can hold. On the wire and in the store each is one CBOR item.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Nothing: the field was never set, or was emptied.
    Null,
    Bool(bool),
    /// Numbers and times (milliseconds since 1970 UTC).
    Int(i64),
    Text(String),
    /// Another row.
    Row(RowId),
    Position(Position),
    /// A CBOR item of a kind that this version does not know: kept and passed on as it came.
    Opaque(Vec<u8>),
}

/// Shows the kind, never the content: values are personal data.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Value::Null => "Null",
            Value::Bool(_) => "Bool",
            Value::Int(_) => "Int",
            Value::Text(_) => "Text",
            Value::Row(_) => "Row",
            Value::Position(_) => "Position",
            Value::Opaque(_) => "Opaque",
        };
        write!(f, "{kind}(…)")
    }
}

impl Value {
    /// The text, or an empty one.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Value::Text(text) => text,
            _ => "",
        }
    }

    /// The number or time.
    #[must_use]
    pub fn int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The row it names.
    #[must_use]
    pub fn row(&self) -> Option<RowId> {
        match self {
            Value::Row(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether it is `true`.
    #[must_use]
    pub fn is_true(&self) -> bool {
        *self == Value::Bool(true)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Value::Bool(flag)
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        number.map_or(Value::Null, Value::Int)
    }
}

impl From<RowId> for Value {
    fn from(id: RowId) -> Self {
        Value::Row(id)
    }
}

impl<C> Encode<C> for Value {
    fn encode<W: encode::Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), encode::Error<W::Error>> {
        match self {
            Value::Null => e.null()?.ok(),
            Value::Bool(flag) => e.bool(*flag)?.ok(),
            Value::Int(number) => e.i64(*number)?.ok(),
            Value::Text(text) => e.str(text)?.ok(),
            Value::Row(id) => e.bytes(id.0.as_bytes())?.ok(),
            Value::Position(place) => {
                e.array(if place.accuracy_m.is_some() { 3 } else { 2 })?.i32(place.lat_e7)?.i32(place.lon_e7)?;
                match place.accuracy_m {
                    Some(metres) => e.u32(metres)?.ok(),
                    None => Ok(()),
                }
            }
            Value::Opaque(item) => e.writer_mut().write_all(item).map_err(encode::Error::write),
        }
    }
}

impl<'b, C> Decode<'b, C> for Value {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, decode::Error> {
        Ok(match d.datatype()? {
            Type::Null => {
                d.null()?;
                Value::Null
            }
            Type::Bool => Value::Bool(d.bool()?),
            Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
                Value::Int(d.i64()?)
            }
            Type::String => Value::Text(d.str()?.to_owned()),
            Type::Bytes => {
                let bytes = d.bytes()?;
                Uuid::from_slice(bytes)
                    .map(|id| Value::Row(RowId(id)))
                    .map_err(|_| decode::Error::message("a row id has 16 bytes"))?
            }
            Type::Array => position(d)?,
            _ => opaque(d)?,
        })
    }
}

/// An array of two or three integers is a position; any other array is kept as it came.
fn position(d: &mut Decoder<'_>) -> Result<Value, decode::Error> {
    let mut probe = d.probe();
    let length = probe.array()?;
    let read = |probe: &mut Decoder<'_>| -> Result<Position, decode::Error> {
        let (lat_e7, lon_e7) = (probe.i32()?, probe.i32()?);
        let accuracy_m = if length == Some(3) { Some(probe.u32()?) } else { None };
        Ok(Position { lat_e7, lon_e7, accuracy_m })
    };
    match (length, read(&mut probe)) {
        (Some(2 | 3), Ok(place)) => {
            let end = probe.position();
            d.set_position(end);
            Ok(Value::Position(place))
        }
        _ => opaque(d),
    }
}

fn opaque(d: &mut Decoder<'_>) -> Result<Value, decode::Error> {
    let start = d.position();
    d.skip()?;
    Ok(Value::Opaque(d.input()[start..d.position()].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(value: &Value) -> Value {
        minicbor::decode(&minicbor::to_vec(value).unwrap()).unwrap()
    }

    #[test]
    fn every_kind_round_trips() {
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Int(-7),
            Value::Int(i64::MAX),
            Value::from("Hærværk"),
            Value::Row(RowId(Uuid::from_u128(42))),
            Value::Position(Position::from_degrees(55.64, 12.2).unwrap()),
            Value::Position(Position { lat_e7: 1, lon_e7: -2, accuracy_m: Some(12) }),
        ];
        for value in values {
            assert!(round_trip(&value) == value, "{value:?}");
        }
    }

    #[test]
    fn an_unknown_kind_is_kept_byte_for_byte() {
        // A map, a float, and an array that is no position.
        for item in [vec![0xa1, 0x01, 0x02], vec![0xf9, 0x3c, 0x00], vec![0x82, 0x01, 0x61, 0x61]] {
            let value: Value = minicbor::decode(&item).unwrap();
            assert!(value == Value::Opaque(item.clone()));
            assert_eq!(minicbor::to_vec(&value).unwrap(), item);
        }
    }

    #[test]
    fn a_position_off_the_globe_is_none() {
        assert!(Position::from_degrees(91.0, 0.0).is_none());
        assert!(Position::from_degrees(f64::NAN, 0.0).is_none());
    }

    #[test]
    fn debug_never_shows_content() {
        assert_eq!(format!("{:?}", Value::from("010203-1234")), "Text(…)");
    }
}
