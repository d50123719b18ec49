//! What screens show.

use crate::domain::{AreaId, ChannelId, ContactId, OrganisationId, PinId, ProblemId, Role, RowId, Scope};
use serde::{Deserialize, Serialize};

/// Settings kept per device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// BCP 47 tag of the screen's language; `None`: follow the device.
    pub language: Option<String>,
    pub theme: Theme,
    /// 100, 115, 130, 150 or 200: per cent of the device's own text size.
    pub text_percent: u16,
}

impl Default for Settings {
    fn default() -> Self {
        Self { language: None, theme: Theme::System, text_percent: 100 }
    }
}

/// Light, dark, or as the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    System,
    Light,
    Dark,
}

/// What the app needs to draw its first screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BootView {
    pub settings: Settings,
    pub areas: Vec<AreaSummary>,
    /// The open area; `None` on a device without areas.
    pub current: Option<AreaId>,
    /// The version of the app, e.g. `0.1.0`.
    pub version: String,
    /// Minutes without use until it locks, when there is a PIN; 0: not by itself.
    pub lock_after_minutes: Option<u16>,
}

/// An area on this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaSummary {
    pub id: AreaId,
    pub name: String,
    pub role: Role,
    /// Numbers are invented and never dialled.
    pub demo: bool,
    /// Lives on this device only, without a server.
    pub local_only: bool,
    /// The name this member gave, shown to colleagues; may be empty.
    pub member_name: String,
    /// Where the area's server is, e.g. `https://trygkort.example`; empty when `local_only`.
    pub server: String,
}

/// Whether someone can be reached now. Days count from today: 0 today, 1 tomorrow. Weekdays: 0 Monday … 6 Sunday.
/// Times are minutes after midnight, local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Opening {
    /// Day and night (*Døgnåbent*).
    Always,
    /// *Åbent til kl. 15*. `day` may be 1 when it stays open past midnight; then `minute` is after that midnight.
    OpenUntil { day: u16, minute: u16 },
    /// *Lukket, åbner mandag kl. 8*.
    ClosedUntil { day: u16, weekday: u8, minute: u16 },
    /// Closed, with no opening to come.
    Closed,
    /// No hours are known.
    Unknown,
}

/// The action card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardView {
    pub area_name: String,
    pub problems: Vec<ProblemTile>,
    pub concern: Option<ConcernView>,
    /// Whole days since this device last heard from the server, when that is more than 30; never for a local demo.
    pub stale_days: Option<u32>,
}

/// One tile of the card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProblemTile {
    pub id: ProblemId,
    pub name: String,
    /// Name of a Lucide icon.
    pub icon: String,
    /// Who takes it, in the agreed order.
    pub contacts: Vec<TileContact>,
}

/// A contact as a tile names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TileContact {
    pub name: String,
    pub opening: Opening,
}

/// *Bekymret for en person?*: telephone only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConcernView {
    pub title: String,
    pub text: String,
    pub phone: Phone,
    pub opening: Opening,
}

/// A telephone number in its three forms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// `+4532571000`, or `112`.
    pub e164: String,
    /// `32 57 10 00`.
    pub display: String,
    /// Mobiles only; never landlines, 112 or 114.
    pub can_text: bool,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProblemView {
    pub id: ProblemId,
    pub name: String,
    pub icon: String,
    /// *Ring 112, hvis …*; may be empty.
    pub call_112_if: String,
    /// *Ring 114, hvis …*; may be empty.
    pub call_114_if: String,
    pub contacts: Vec<ContactView>,
    /// *Hav klar, når du ringer*, a line each.
    pub have_ready: Vec<String>,
    /// *Læg mærke til*, a line each.
    pub notice: Vec<String>,
    /// *Skal ikke meldes*, a line each.
    pub not_report: Vec<String>,
    /// Danish whatever the screen's language: place and problem.
    pub sms_text: String,
    /// Whether this device may edit the problem type.
    pub editable: bool,
    /// The demo's numbers are shown as links and never dialled.
    pub demo: bool,
}

/// A contact with everything this device may see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactView {
    pub id: ContactId,
    pub name: String,
    /// What they do, e.g. *Drift og vedligeholdelse*; may be empty.
    pub role: String,
    pub organisation: String,
    pub opening: Opening,
    /// The hours as written, OpenStreetMap `opening_hours` syntax; may be empty.
    pub hours: String,
    /// Monday first, of each day when it opens and closes in minutes from its midnight: see [`crate::domain::hours::week`].
    /// Only in the answer about one contact.
    pub week: Vec<Vec<(u16, u16)>>,
    pub note: String,
    pub channels: Vec<ChannelView>,
    /// Milliseconds since 1970 UTC.
    pub verified_at_ms: Option<i64>,
    pub verified_by: String,
    pub scope: Scope,
    pub editable: bool,
    pub demo: bool,
}

/// A telephone number or mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelView {
    pub id: ChannelId,
    pub label: String,
    pub kind: ChannelKind,
    /// E.164 or the mail address.
    pub value: String,
    /// As shown: `32 57 10 00`.
    pub display: String,
    pub can_text: bool,
    /// When someone said that it does not work, milliseconds since 1970 UTC.
    pub reported_at_ms: Option<i64>,
    pub scope: Scope,
}

/// What a channel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    Phone,
    Mobile,
    Mail,
}

/// The result of a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactList {
    pub groups: Vec<ContactGroup>,
    /// How many match, shown or not.
    pub total: u32,
}

/// An organisation's contacts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactGroup {
    pub organisation: String,
    pub contacts: Vec<ContactRow>,
}

/// A line in the list of contacts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactRow {
    pub id: ContactId,
    pub name: String,
    pub role: String,
    pub opening: Opening,
    /// The first number, for calling from the list.
    pub phone: Option<Phone>,
    /// A channel was reported as not working.
    pub reported: bool,
}

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganisationView {
    pub id: OrganisationId,
    pub name: String,
    pub sector: Sector,
}

/// The headings that organisations stand under on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sector {
    /// KOMMUNEN
    Municipality,
    /// BOLIGOMRÅDE
    Housing,
    Police,
    Health,
    Education,
    Association,
    Business,
}

/// *Actioncard som skema*.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardTable {
    pub problems: Vec<(ProblemId, String)>,
    pub sectors: Vec<CardTableSector>,
}

/// The contacts under one heading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardTableSector {
    pub sector: Sector,
    pub rows: Vec<CardTableRow>,
}

/// A contact's row; `cells` in the order of [`CardTable::problems`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardTableRow {
    pub contact: ContactId,
    pub name: String,
    pub cells: Vec<Option<CardTableCell>>,
}

/// A ticked cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardTableCell {
    /// Its row, for its history.
    pub row: RowId,
    /// 1 is called first.
    pub order: u32,
    /// Hours for this problem only; empty: the contact's own.
    pub hours: String,
}

/// A mark on the area map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PinView {
    pub id: PinId,
    pub kind: PinKind,
    pub category: PinCategory,
    pub title: String,
    pub note: String,
    /// WGS 84 degrees.
    pub lat: f64,
    pub lon: f64,
    pub scope: Scope,
    /// What the walk is called whose scope that is.
    pub walk: Option<String>,
    pub expires_at_ms: Option<i64>,
    pub editable: bool,
    /// Whether the server would let this device delete it.
    pub deletable: bool,
    /// The name of the member who added it, when this device may know it.
    pub added_by: Option<String>,
    /// Not on the server yet.
    pub pending: bool,
}

/// Green heart or red star.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinKind {
    Resource,
    Challenge,
}

/// The seven categories of the interactive map: four of resources, three of challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PinCategory {
    Institution,
    Association,
    /// Ildsjæl: with consent, never a home address.
    Enthusiast,
    Place,
    Social,
    Location,
    /// Gruppe eller miljø: coordination only, expires unless renewed, never public.
    Group,
}

impl PinCategory {
    /// All seven, resources first.
    pub const ALL: [PinCategory; 7] = [
        PinCategory::Institution,
        PinCategory::Association,
        PinCategory::Enthusiast,
        PinCategory::Place,
        PinCategory::Social,
        PinCategory::Location,
        PinCategory::Group,
    ];

    /// Which kind of pin has this category.
    #[must_use]
    pub fn kind(self) -> PinKind {
        match self {
            PinCategory::Institution | PinCategory::Association | PinCategory::Enthusiast | PinCategory::Place => {
                PinKind::Resource
            }
            PinCategory::Social | PinCategory::Location | PinCategory::Group => PinKind::Challenge,
        }
    }
}

/// Where the map starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapFrame {
    /// West, south, east, north in degrees.
    pub bbox: [f64; 4],
    /// Whether this device may add pins.
    pub can_add: bool,
    /// Whether a base map is on this device.
    pub has_basemap: bool,
    /// The walks whose marks are on this device, the latest last.
    pub walks: Vec<WalkView>,
}

/// A safety walk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalkView {
    pub id: String,
    /// That of its scope, see [`Scope::Walk`].
    pub number: u32,
    pub name: String,
    /// It has not ended.
    pub open: bool,
}

/// What the badge says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncStatus {
    pub state: SyncState,
    /// Milliseconds since 1970 UTC; `None`: never.
    pub last_success_ms: Option<i64>,
    /// Actions that are not on the server yet, and photos of actions that are.
    pub pending: u32,
    /// Actions that the server keeps until it is a version that understands them.
    pub held: u32,
    /// Refused actions that the user has not seen.
    pub refused: u32,
    /// Conflicts that nobody has settled, and this device may.
    pub conflicts: u32,
    /// How far this device's clock is ahead of the server's, by the last answer.
    pub clock_ahead_ms: i64,
}

/// How synchronising goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SyncState {
    /// Up to date as far as is known.
    Idle,
    /// Under way.
    Running,
    /// The server cannot be reached; tried again by itself.
    Offline,
    /// The server answered with an error; tried again by itself.
    ServerError,
    /// There is no room on the server's disk; tried again by itself.
    ServerFull,
    /// There is no room on this device for what came; tried again by itself.
    StorageFull,
    /// This device could not keep what came; tried again by itself.
    StorageFailed,
    /// This device is locked out.
    Revoked,
    /// The member's access was given for a while, and it is over.
    Expired,
    /// The area was deleted on the server. Nothing of it is here any more, or only until what was not sent is looked
    /// after; as long as that is so, it is asked again when there is a reason to: the area may be back.
    Deleted,
    /// The server does not know this device: it was put back to a backup of before it joined, or is another one. Nothing
    /// is lost here; asked again only when somebody asks for it.
    Unknown,
    /// The server speaks a newer protocol: the app must be updated.
    Outdated,
    /// A local demo: nothing is sent anywhere.
    LocalOnly,
}

impl SyncState {
    /// The server will not talk to this device until the area is joined anew.
    #[must_use]
    pub fn is_locked_out(self) -> bool {
        matches!(self, SyncState::Revoked | SyncState::Expired | SyncState::Deleted)
    }

    /// Asking again by itself would bring the same answer.
    #[must_use]
    pub fn is_final(self) -> bool {
        self.is_locked_out() || matches!(self, SyncState::Unknown | SyncState::Outdated)
    }
}

/// *Husk opkaldet*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    pub id: i64,
    pub contact: ContactId,
    pub contact_name: String,
    /// The problem's name; empty when the call was remembered from the list of contacts.
    pub problem_name: String,
    pub phone: Option<Phone>,
    pub created_at_ms: i64,
    pub demo: bool,
}

/// The answer to [`super::CheckText`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextCheck {
    pub has_personal_number: bool,
}

/// A change that the server refused. What was written is kept so that nothing is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub id: i64,
    pub reason: RefusalReason,
    pub refused_at_ms: i64,
    /// What was written: (name of the field in English as in `docs/data-model.md`, text).
    pub fields: Vec<(String, String)>,
}

/// Why the server refused an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    /// The role may not do this.
    Permission,
    /// A value is too long, of the wrong type, or not one of the choices.
    Validation,
    /// It speaks of a row that does not exist.
    Reference,
    /// It holds a personal number; nothing of it was kept on the server.
    PersonalNumber,
    /// It builds on an action that was refused.
    DependsOn,
    /// More than 500 changes, or more than 1 MiB.
    TooLarge,
    /// The same id came before with another content; kept aside on the server.
    Quarantined,
    /// It speaks of something that was erased for good.
    Erased,
    /// It was to be whole or not at all, and somebody else changed the same meanwhile.
    Conflict,
    /// A reason this version does not know.
    Other,
}
