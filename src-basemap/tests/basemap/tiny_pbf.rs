//! Writes small OpenStreetMap PBF files, so that reading them is tested without a real extract at hand.

use prost::Message;

#[derive(Default)]
pub(crate) struct TinyPbf {
    strings: Vec<String>,
    nodes: Vec<Node>,
    ways: Vec<Way>,
    relations: Vec<Relation>,
}

type Tags<'a> = &'a [(&'a str, &'a str)];

impl TinyPbf {
    pub(crate) fn new() -> Self {
        // The first string means "none".
        Self { strings: vec![String::new()], ..Self::default() }
    }

    pub(crate) fn node(mut self, id: i64, lon: f64, lat: f64, tags: Tags<'_>) -> Self {
        let (keys, vals) = self.tags(tags);
        let units = |degrees: f64| (degrees * 1e7).round() as i64;
        self.nodes.push(Node { id, keys, vals, lat: units(lat), lon: units(lon) });
        self
    }

    pub(crate) fn way(mut self, id: i64, nodes: &[i64], tags: Tags<'_>) -> Self {
        let (keys, vals) = self.tags(tags);
        self.ways.push(Way { id, keys, vals, refs: deltas(nodes) });
        self
    }

    /// Members are ways: (role, id).
    pub(crate) fn relation(mut self, id: i64, members: &[(&str, i64)], tags: Tags<'_>) -> Self {
        let (keys, vals) = self.tags(tags);
        let roles_sid = members.iter().map(|(role, _)| self.string(role) as i32).collect();
        let ids: Vec<i64> = members.iter().map(|(_, way)| *way).collect();
        let types = vec![1; members.len()];
        self.relations.push(Relation { id, keys, vals, roles_sid, memids: deltas(&ids), types });
        self
    }

    /// The file: a header, and one block each for nodes, ways and relations.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let header = Header { required_features: vec!["OsmSchema-V0.6".to_owned(), "DenseNodes".to_owned()] };
        let mut bytes = blob("OSMHeader", header.encode_to_vec());
        let groups = [
            Group { nodes: self.nodes.clone(), ..Group::default() },
            Group { ways: self.ways.clone(), ..Group::default() },
            Group { relations: self.relations.clone(), ..Group::default() },
        ];
        for group in groups.into_iter().filter(|group| *group != Group::default()) {
            let strings = StringTable { strings: self.strings.iter().map(|text| text.clone().into_bytes()).collect() };
            bytes.extend(blob("OSMData", Block { strings: Some(strings), groups: vec![group] }.encode_to_vec()));
        }
        bytes
    }

    fn tags(&mut self, tags: Tags<'_>) -> (Vec<u32>, Vec<u32>) {
        tags.iter().map(|(key, value)| (self.string(key), self.string(value))).unzip()
    }

    fn string(&mut self, text: &str) -> u32 {
        let known = self.strings.iter().position(|string| string == text);
        known.unwrap_or_else(|| {
            self.strings.push(text.to_owned());
            self.strings.len() - 1
        }) as u32
    }
}

fn deltas(ids: &[i64]) -> Vec<i64> {
    let before = [0].into_iter().chain(ids.iter().copied());
    ids.iter().zip(before).map(|(id, before)| id - before).collect()
}

fn blob(kind: &str, raw: Vec<u8>) -> Vec<u8> {
    let blob = Blob { raw }.encode_to_vec();
    let header = BlobHeader { kind: kind.to_owned(), size: blob.len() as i32 }.encode_to_vec();
    [(header.len() as u32).to_be_bytes().to_vec(), header, blob].concat()
}

#[derive(Clone, PartialEq, Message)]
struct BlobHeader {
    #[prost(string, required, tag = "1")]
    kind: String,
    #[prost(int32, required, tag = "3")]
    size: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Blob {
    #[prost(bytes = "vec", required, tag = "1")]
    raw: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct Header {
    #[prost(string, repeated, tag = "4")]
    required_features: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
struct Block {
    #[prost(message, optional, tag = "1")]
    strings: Option<StringTable>,
    #[prost(message, repeated, tag = "2")]
    groups: Vec<Group>,
}

#[derive(Clone, PartialEq, Message)]
struct StringTable {
    #[prost(bytes = "vec", repeated, tag = "1")]
    strings: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Group {
    #[prost(message, repeated, tag = "1")]
    nodes: Vec<Node>,
    #[prost(message, repeated, tag = "3")]
    ways: Vec<Way>,
    #[prost(message, repeated, tag = "4")]
    relations: Vec<Relation>,
}

#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(sint64, required, tag = "1")]
    id: i64,
    #[prost(uint32, repeated, tag = "2")]
    keys: Vec<u32>,
    #[prost(uint32, repeated, tag = "3")]
    vals: Vec<u32>,
    #[prost(sint64, required, tag = "8")]
    lat: i64,
    #[prost(sint64, required, tag = "9")]
    lon: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Way {
    #[prost(int64, required, tag = "1")]
    id: i64,
    #[prost(uint32, repeated, tag = "2")]
    keys: Vec<u32>,
    #[prost(uint32, repeated, tag = "3")]
    vals: Vec<u32>,
    #[prost(sint64, repeated, tag = "8")]
    refs: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Relation {
    #[prost(int64, required, tag = "1")]
    id: i64,
    #[prost(uint32, repeated, tag = "2")]
    keys: Vec<u32>,
    #[prost(uint32, repeated, tag = "3")]
    vals: Vec<u32>,
    #[prost(int32, repeated, tag = "8")]
    roles_sid: Vec<i32>,
    #[prost(sint64, repeated, tag = "9")]
    memids: Vec<i64>,
    #[prost(int32, repeated, tag = "10")]
    types: Vec<i32>,
}
