//! What the screens ask and what they get: one call, [`Request`] in, one reply type per request out.
//!
//! Both ends ship together, so these types are shared and not versioned; they never reach the disk or the network.
//! The UI sends a request struct through [`Ask`]; the host hands the [`Request`] to `app::App`, which answers with the
//! JSON of [`Ask::Reply`] or with an [`IpcError`].

mod access;
mod changes;
mod forms;
mod lock;
mod photos;
mod views;

pub use access::*;
pub use changes::*;
pub use forms::*;
pub use lock::*;
pub use photos::*;
pub use views::*;

use crate::domain::{AreaId, ChannelId, ContactId, OrganisationId, PhotoId, PinId, ProblemId, Role, RowId};
use crate::error::ErrorCode;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A failed request. The wording on the screen is chosen from `code`; `detail` names what and where for the log and
/// the curious, and never holds personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code:?}: {detail}")]
pub struct IpcError {
    /// What happened.
    pub code: ErrorCode,
    /// What and where, in English.
    pub detail: String,
    /// The form field it is about (the Rust field name of the form struct), if any.
    pub field: Option<String>,
}

/// Something happened that the screens may want to show. Sent by hosts without being asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Rows of these kinds changed, by this device or by another: reload what shows them.
    Changed { area: AreaId, topics: Vec<Topic> },
    /// The state of synchronising changed.
    Sync { status: SyncStatus },
    /// Browser only: this tab gave its database to another tab (`true`) or has it again (`false`).
    Parked { parked: bool },
    /// Browser only: a newer version of the app is ready; it is taken into use when the user says so.
    UpdateReady,
    /// The screens were locked: nothing but the lock is answered until the PIN was given.
    Locked,
}

/// What a screen shows; the unit of reloading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    Area,
    Card,
    Contacts,
    Pins,
    Basemap,
    Reminders,
    Refusals,
    /// *Opdatering*: what was sent, received and disputed.
    Updates,
    /// Who has access to the area.
    Members,
    /// Photos, and the files they name.
    Photos,
}

/// A request with a reply type: `let card: CardView = ask(GetCard {}).await?`.
pub trait Ask: Serialize {
    /// What a host answers when it goes well.
    type Reply: Serialize + DeserializeOwned;
    /// The request in the one type that travels.
    fn into_request(self) -> Request;
}

macro_rules! requests {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty),* $(,)? } -> $reply:ty;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
            pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }

            impl Ask for $name {
                type Reply = $reply;
                fn into_request(self) -> Request {
                    Request::$name(self)
                }
            }
        )+

        /// Everything a screen can ask for.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        // Tagged from outside, `{"get_card":{}}`: an inner tag would make the code for reading it four times as large.
        #[serde(rename_all = "snake_case")]
        pub enum Request { $($(#[$doc])* $name($name),)+ }
    };
}

requests! {
    // ---- Start, settings, areas: answered from the device alone -------------------------------------------------
    /// The first question of every start: settings, areas and which one is open.
    Boot {} -> BootView;
    /// Changes what is kept per device: language, theme, text size.
    SetSettings { settings: Settings } -> ();
    /// Makes another area of this device the open one. All requests below speak of the open area.
    SwitchArea { area: AreaId } -> ();
    /// Opens the built-in demo area: on this device only, without a server, as a coordinator.
    OpenDemo {} -> AreaSummary;
    /// Removes the open area from this device, unsent changes included.
    ForgetArea { area: AreaId } -> ();

    // ---- The lock: also answered while it is locked, but for setting it ------------------------------------------
    /// Whether there is a PIN, whether it is locked, and what would be lost by forgetting this device.
    GetLock {} -> LockView;
    /// Opens what is locked.
    Unlock { pin: String } -> PinAnswer;
    /// Locks now; refused when there is no PIN.
    LockNow {} -> ();
    /// Somebody uses the app: the time until it locks begins anew.
    InUse {} -> ();
    /// Sets the PIN (4 to 8 digits), or changes it when `current` is right.
    SetPin { current: Option<String>, pin: String } -> PinAnswer;
    /// Takes the PIN away.
    RemovePin { pin: String } -> PinAnswer;
    /// After how many minutes without use it locks by itself: 0 (never), 1, 5 or 15.
    SetLockAfter { minutes: u16 } -> ();
    /// *Glem denne enhed*: removes every area, draft, setting and key from this device. Works without a network and
    /// without the PIN; answers how many servers should be told, see `SayFarewell`.
    ForgetDevice {} -> u32;
    /// After `ForgetDevice`: asks the servers to lock this device out.
    SayFarewell {} -> Farewell;

    // ---- Reading ---------------------------------------------------------------------------------------------------
    /// The action card: tiles with their contacts.
    GetCard {} -> CardView;
    /// One problem: when it is 112 or 114, who takes it otherwise, what to have ready.
    GetProblem { id: ProblemId } -> ProblemView;
    /// Contacts by organisation; with an empty query, all of them. Danish folding: *soren* finds *Søren*.
    SearchContacts { query: String, /** At most this many contacts. */ limit: u32 } -> ContactList;
    /// One contact with all channels that this device may see.
    GetContact { id: ContactId } -> ContactView;
    /// One contact as the text of a vCard 3.0 file: the newest version that Outlook, Android and iPhone all read.
    GetVcard { id: ContactId } -> String;
    /// Organisations, for the contact form and headings.
    GetOrganisations {} -> Vec<OrganisationView>;
    /// The card as a table to tick (coordinators).
    GetCardTable {} -> CardTable;
    /// All pins this device may see, sorted by title; filters are the screen's own.
    GetPins {} -> Vec<PinView>;
    /// Who has access to the area, with at least one device that is not locked out (coordinators).
    GetMembers {} -> Vec<MemberView>;
    /// The photos of a pin, and whether this device may add one.
    GetPhotos { pin: PinId } -> PhotosView;
    /// A photo or thumbnail by its hash. `None`: it is not on this device yet; it is fetched when there is a network, and
    /// [`Topic::Photos`] says when it is there.
    GetBlob { hash: String } -> Option<Bytes>;
    /// Where the map starts and how far it reaches.
    GetMapFrame {} -> MapFrame;

    // ---- Forms: what is in them when they open, and saving them ----------------------------------------------------
    /// The contact form as it is now; `None` for a new contact.
    EditContact { id: Option<ContactId> } -> Editing<ContactForm>;
    /// Saves what differs between `opened` and `form`.
    SaveContact { opened: Editing<ContactForm>, form: ContactForm } -> Saved;
    /// The problem form as it is now; `None` for a new problem type.
    EditProblem { id: Option<ProblemId> } -> Editing<ProblemForm>;
    /// Saves what differs between `opened` and `form`.
    SaveProblem { opened: Editing<ProblemForm>, form: ProblemForm } -> Saved;
    /// The pin form as it is now; `None` for a new pin.
    EditPin { id: Option<PinId> } -> Editing<PinForm>;
    /// Saves what differs between `opened` and `form`.
    SavePin { opened: Editing<PinForm>, form: PinForm } -> Saved;
    /// The form of the area itself: name, place for SMS texts, *Bekymret for en person?*.
    EditArea {} -> Editing<AreaForm>;
    /// Saves what differs between `opened` and `form`.
    SaveArea { opened: Editing<AreaForm>, form: AreaForm } -> Saved;
    /// The organisation form; `None` for a new one.
    EditOrganisation { id: Option<OrganisationId> } -> Editing<OrganisationForm>;
    /// Saves what differs between `opened` and `form`.
    SaveOrganisation { opened: Editing<OrganisationForm>, form: OrganisationForm } -> Saved;

    // ---- One-tap actions: each is undone with `Undo` ---------------------------------------------------------------
    /// Moves a contact to the trash.
    DeleteContact { id: ContactId } -> Saved;
    /// Moves a problem type to the trash.
    DeleteProblem { id: ProblemId } -> Saved;
    /// Moves a pin to the trash.
    DeletePin { id: PinId } -> Saved;
    /// Adds a photo to a pin: JPEG files, the photo at most 1600 pixels long and the thumbnail 320, of at most 2 MiB each.
    /// Metadata is taken out.
    AddPhoto { pin: PinId, photo: Bytes, thumbnail: Bytes, caption: String, /** By this device's clock. */ taken_at_ms: Option<i64> } -> Saved;
    /// Says what is to be seen in a photo.
    SetCaption { id: PhotoId, caption: String } -> Saved;
    /// Moves a photo to the trash.
    DeletePhoto { id: PhotoId } -> Saved;
    /// Ticks or unticks a cell of the card.
    SetCell { problem: ProblemId, contact: ContactId, on: bool } -> Saved;
    /// Moves a contact one place up (`true`) or down in a problem's order.
    MoveCell { problem: ProblemId, contact: ContactId, up: bool } -> Saved;
    /// Hours that hold for this contact and this problem only; empty: the contact's own.
    SetCellHours { problem: ProblemId, contact: ContactId, hours: String } -> Saved;
    /// Moves a problem type one place up (`true`) or down on the card.
    MoveProblem { id: ProblemId, up: bool } -> Saved;
    /// *Nummeret virker ikke*: tells the coordinators.
    ReportChannel { id: ChannelId } -> Saved;
    /// Coordinators: the reported number is right (again).
    ClearReport { id: ChannelId } -> Saved;
    /// Coordinators: everything about this contact was checked today.
    VerifyContact { id: ContactId } -> Saved;
    /// Takes an earlier action back, as a new action.
    Undo { undo: UndoId } -> ();

    // ---- Kept on this device only ----------------------------------------------------------------------------------
    /// *Husk opkaldet*: shown until it is dismissed.
    RememberCall { contact: ContactId, problem: Option<ProblemId> } -> ();
    /// Calls to remember, newest first.
    GetReminders {} -> Vec<Reminder>;
    /// The call was made, or is not needed.
    DismissReminder { id: i64 } -> ();
    /// Keeps an unfinished form under a key of the screen's choice. Refused when it holds a personal number.
    SaveDraft { key: String, json: String } -> ();
    /// The unfinished form, if any.
    GetDraft { key: String } -> Option<String>;
    /// The form was saved or given up.
    DropDraft { key: String } -> ();
    /// Whether a text holds what looks like a CPR number; asked while typing, before anything is kept.
    CheckText { text: String } -> TextCheck;

    // ---- Sync --------------------------------------------------------------------------------------------------------
    /// What the badge shows.
    GetSyncStatus {} -> SyncStatus;
    /// Starts synchronising now; the result comes as [`Event::Sync`].
    SyncNow {} -> ();
    /// Changes that the server refused, newest first, with what was written.
    GetRefusals {} -> Vec<Refusal>;
    /// The user has read a refusal and lets it go.
    DismissRefusal { id: i64 } -> ();
    /// Does what was refused once more, as a new action; the refusal is gone then.
    RetryRefusal { id: i64 } -> Saved;
    /// *Opdatering*: what is not sent, what needs a look, and the latest that was sent and received.
    GetUpdates { /** At most this many. */ limit: u32 } -> UpdatesView;
    /// What lost in a conflict is put in place of what stands there.
    RestoreConflict { id: RowId } -> Saved;
    /// What stands there stays.
    KeepConflict { id: RowId } -> Saved;
    /// Does what the server keeps aside, as one's own action; `body` is that of the [`AsideView`].
    TakeAside { body: Bytes } -> Saved;
    /// *Historik* of a thing, as far as this device knows it.
    GetHistory { row: RowId } -> HistoryView;
    /// Puts back what stood in a thing before a change of its history.
    RestoreChange { row: RowId, change: u64, /** The change is not sent yet. */ unsent: bool } -> Saved;

    /// *Gem usendt til fil*: what is not sent, signed, as a file that another device or the server's command line takes.
    SaveUnsent {} -> UnsentView;

    // ---- Online only: answered by the server through the host --------------------------------------------------------
    /// Hands over a file that another device of the area saved what it had not sent to.
    DeliverFile { bytes: Bytes } -> DeliveredView;
    /// *Historik*, with what the server knows besides.
    GetOlderHistory { row: RowId } -> HistoryView;
    /// What the server keeps aside, newest first (coordinators).
    GetAside {} -> Vec<AsideView>;
    /// Redeems an invitation or hand-over link; the area is then on this device and open.
    Redeem { link: String, /** What others see, e.g. "Mona, ejendomskontoret"; may be empty. */ member_name: String, device_name: String } -> AreaSummary;
    /// Makes an invitation (coordinators).
    CreateInvitation { role: Role, uses: u32, expires_hours: u32, /** For how long those who redeem it have access; `None`: until they are locked out. */ access_hours: Option<u32>, /** The walk that they are on. */ walk: Option<String> } -> InvitationLink;
    /// Makes a safety walk that begins now (coordinators).
    CreateWalk { name: String, /** For how long it lasts. */ hours: u32 } -> WalkView;
    /// *Tilføj min anden enhed*: a link of 24 hours for one more device of the same member.
    HandOver {} -> InvitationLink;
    /// Invitations that can still be redeemed (coordinators).
    ListInvitations {} -> Vec<InvitationView>;
    /// Makes an invitation unusable.
    RevokeInvitation { id: String } -> ();
    /// This member's devices.
    ListDevices {} -> Vec<DeviceView>;
    /// Gives a device another name.
    RenameDevice { id: String, name: String } -> ();
    /// Locks a device out.
    RevokeDevice { id: String } -> ();
    /// *Luk adgang*: locks all devices of a member out, for good (coordinators).
    LockOutMember { id: RowId } -> ();
    /// Gives another member another role (coordinators).
    ChangeRole { id: RowId, role: Role } -> ();
}
