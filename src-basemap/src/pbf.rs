//! The blocks of an OpenStreetMap PBF file: checked once from end to end, then read as often as needed.
//!
//! `osmpbf` takes a file that ends between two blocks, or within the length of one, for a whole one. So the frame of
//! every block is walked first; that also tells where each block begins, and blocks that hold nothing of what a later
//! pass looks for are not unpacked again.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use osmpbf::{BlobDecode, BlobReader, ByteOffset, PrimitiveBlock, PrimitiveGroup};
use prost::Message;

use crate::error::BasemapError;

/// Limits of the format for the header of a block and for the block itself.
const HEADER_BYTES_MAX: u32 = 64 * 1024;
const BLOCK_BYTES_MAX: i32 = 32 * 1024 * 1024;

/// What a writer may demand of a reader and we can give.
const KNOWN_FEATURES: [&str; 2] = ["OsmSchema-V0.6", "DenseNodes"];

/// The kinds of things in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Nodes,
    Ways,
    Relations,
}

pub(crate) struct Pbf {
    path: PathBuf,
    reader: BlobReader<BufReader<File>>,
    blocks: Vec<Block>,
}

struct Block {
    offset: u64,
    /// Known after the block has been read once.
    holds: Option<Vec<Content>>,
}

#[derive(Clone, PartialEq, Message)]
struct BlobHeader {
    #[prost(string, required, tag = "1")]
    kind: String,
    #[prost(int32, required, tag = "3")]
    size: i32,
}

impl Pbf {
    /// Opens the file and walks its blocks without unpacking them: a wrong or cut-off file is refused here.
    pub(crate) fn open(path: &Path) -> Result<Self, BasemapError> {
        let read_error = |source| BasemapError::Read { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(read_error)?;
        let length = file.metadata().map_err(read_error)?.len();
        let blocks = Frames { path, file: BufReader::new(&mut file), length }.walk()?;
        file.seek(SeekFrom::Start(0)).map_err(read_error)?;
        let reader = BlobReader::new_seekable(BufReader::new(file))
            .map_err(|error| BasemapError::Read { path: path.to_owned(), source: error.into() })?;
        let mut pbf = Self { path: path.to_owned(), reader, blocks };
        pbf.check_features()?;
        Ok(pbf)
    }

    /// Hands every group of things to `visit` whose block may hold some of `wanted`, in the order of the file.
    pub(crate) fn each(
        &mut self,
        wanted: Content,
        mut visit: impl FnMut(&PrimitiveGroup<'_>),
    ) -> Result<(), BasemapError> {
        for index in 0..self.blocks.len() {
            if self.blocks[index].holds.as_ref().is_some_and(|holds| !holds.contains(&wanted)) {
                continue;
            }
            let offset = self.blocks[index].offset;
            let block = self.block(offset)?;
            // `osmpbf` panics on impossible values (the kind of a member, an overflowing id) in a block that unpacks
            // well. The file is then damaged; what `visit` has gathered is dropped with the error.
            let holds = catch_unwind(AssertUnwindSafe(|| {
                block.groups().for_each(|group| visit(&group));
                contents(&block)
            }));
            self.blocks[index].holds = Some(holds.map_err(|_| BasemapError::Damaged {
                path: self.path.clone(),
                offset,
                problem: "it holds impossible values".to_owned(),
            })?);
        }
        Ok(())
    }

    /// Whether any block read so far holds things of this kind.
    pub(crate) fn has(&self, content: Content) -> bool {
        self.blocks.iter().any(|block| block.holds.as_ref().is_some_and(|holds| holds.contains(&content)))
    }

    fn block(&mut self, offset: u64) -> Result<PrimitiveBlock, BasemapError> {
        let blob = self.reader.blob_from_offset(ByteOffset(offset));
        blob.and_then(|blob| blob.to_primitiveblock()).map_err(|error| self.damaged(offset, &error))
    }

    fn check_features(&mut self) -> Result<(), BasemapError> {
        let blob = self.reader.blob_from_offset(ByteOffset(0)).map_err(|error| self.damaged(0, &error))?;
        let BlobDecode::OsmHeader(header) = blob.decode().map_err(|error| self.damaged(0, &error))? else {
            return Err(not_pbf(&self.path, "it does not begin with a header"));
        };
        match header.required_features().iter().find(|feature| !KNOWN_FEATURES.contains(&feature.as_str())) {
            None => Ok(()),
            Some(feature) => Err(not_pbf(&self.path, format!("it needs \"{feature}\", which is not supported"))),
        }
    }

    fn damaged(&self, offset: u64, error: &osmpbf::Error) -> BasemapError {
        BasemapError::Damaged { path: self.path.clone(), offset, problem: error.to_string() }
    }
}

fn contents(block: &PrimitiveBlock) -> Vec<Content> {
    let mut holds = Vec::new();
    for group in block.groups() {
        if group.nodes().next().is_some() || group.dense_nodes().next().is_some() {
            holds.push(Content::Nodes);
        }
        if group.ways().next().is_some() {
            holds.push(Content::Ways);
        }
        if group.relations().next().is_some() {
            holds.push(Content::Relations);
        }
    }
    holds
}

fn not_pbf(path: &Path, problem: impl Into<String>) -> BasemapError {
    BasemapError::NotPbf { path: path.to_owned(), problem: problem.into() }
}

/// The walk from frame to frame.
struct Frames<'a, R> {
    path: &'a Path,
    file: R,
    length: u64,
}

impl<R: Read + Seek> Frames<'_, R> {
    fn walk(mut self) -> Result<Vec<Block>, BasemapError> {
        if self.length == 0 {
            return Err(not_pbf(self.path, "it is empty"));
        }
        let mut blocks = Vec::new();
        let mut offset = 0;
        while offset < self.length {
            let (header, end) = self.frame(offset)?;
            if offset == 0 && header.kind != "OSMHeader" {
                return Err(not_pbf(self.path, "it does not begin with an OSMHeader"));
            }
            if header.kind == "OSMData" {
                blocks.push(Block { offset, holds: None });
            }
            offset = end;
        }
        if blocks.is_empty() {
            return Err(self.cut_off("it ends after its header".to_owned()));
        }
        Ok(blocks)
    }

    /// The header of the block at `offset`, and where the block ends.
    fn frame(&mut self, offset: u64) -> Result<(BlobHeader, u64), BasemapError> {
        let left = self.length - offset;
        if left < 4 {
            return Err(self.cut_off(format!("{left} bytes are left over at byte {offset}")));
        }
        let mut size = [0; 4];
        self.read(&mut size)?;
        let size = u32::from_be_bytes(size);
        if size == 0 || size > HEADER_BYTES_MAX {
            return Err(self.wrong_frame(offset, "no block begins here"));
        }
        if u64::from(size) > left - 4 {
            return Err(self.cut_off(format!("it ends within the header of the block at byte {offset}")));
        }
        let mut header = vec![0; size as usize];
        self.read(&mut header)?;
        let header = BlobHeader::decode(&header[..])
            .map_err(|_| self.wrong_frame(offset, "the header of the block cannot be read"))?;
        if header.kind.is_empty() || !(1..=BLOCK_BYTES_MAX).contains(&header.size) {
            return Err(self.wrong_frame(offset, "the header of the block makes no sense"));
        }
        let end = offset + 4 + u64::from(size) + u64::from(header.size.unsigned_abs());
        if end > self.length {
            let missing = end - self.length;
            return Err(self.cut_off(format!("the last block, at byte {offset}, is {missing} bytes short")));
        }
        self.file.seek_relative(i64::from(header.size)).map_err(|source| self.unreadable(source))?;
        Ok((header, end))
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<(), BasemapError> {
        self.file.read_exact(buffer).map_err(|source| self.unreadable(source))
    }

    fn unreadable(&self, source: std::io::Error) -> BasemapError {
        BasemapError::Read { path: self.path.to_owned(), source }
    }

    fn cut_off(&self, problem: String) -> BasemapError {
        BasemapError::CutOff { path: self.path.to_owned(), problem }
    }

    /// At the very beginning the file is of another kind, later it is damaged.
    fn wrong_frame(&self, offset: u64, problem: &str) -> BasemapError {
        if offset == 0 {
            return not_pbf(self.path, problem);
        }
        BasemapError::Damaged { path: self.path.to_owned(), offset, problem: problem.to_owned() }
    }
}
