//! What the server answers, one file per noun. A handler reads top to bottom: who is asking, what, the change, the answer.

pub(crate) mod health;
pub(crate) mod openapi;
pub(crate) mod v1;
