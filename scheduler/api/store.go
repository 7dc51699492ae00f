package api

import (
	"context"
	"io"
	"time"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
)

// Store is what the API asks of the store, noun by noun.
type Store interface {
	countyStore
	areaStore
	groupStore
	calendarStore
	unitStore
	claimStore
	assetStore
	playlistStore
	programmeStore
	approvalStore
	freezeStore
	warningStore
	haltStore
	proofStore
	eventStore
	answerStore
	personStore
	accessStore
	auditStore
}

type countyStore interface {
	County(context.Context) (scheduler.County, error)
	SetCounty(context.Context, scheduler.County) (scheduler.County, scheduler.Change, error)
	Status(ctx context.Context, area string, now time.Time) (scheduler.Status, error)
}

type areaStore interface {
	Areas(context.Context) ([]scheduler.Area, error)
	Area(ctx context.Context, id string) (scheduler.Area, error)
	PutArea(context.Context, scheduler.Area) (scheduler.Area, scheduler.Change, error)
	RemoveArea(ctx context.Context, id string) error
	Tree(context.Context) (*scheduler.Tree, error)
}

type groupStore interface {
	Groups(context.Context) ([]scheduler.Group, error)
	PutGroup(context.Context, scheduler.Group) (scheduler.Group, scheduler.Change, error)
	RemoveGroup(ctx context.Context, id string) error
}

type calendarStore interface {
	Calendars(context.Context) ([]scheduler.Calendar, error)
	PutCalendar(context.Context, scheduler.Calendar) (scheduler.Calendar, scheduler.Change, error)
	RemoveCalendar(ctx context.Context, id string) error
}

type unitStore interface {
	Units(context.Context, scheduler.UnitFilter) ([]scheduler.UnitView, string, error)
	Unit(ctx context.Context, id string) (scheduler.UnitView, error)
	AddUnit(context.Context, scheduler.Unit) (scheduler.Unit, string, error)
	UpdateUnit(context.Context, scheduler.Unit) (scheduler.Unit, scheduler.Change, error)
	RemoveUnit(ctx context.Context, id string) error
	ImportUnits(ctx context.Context, added, changed []scheduler.Unit, claims bool) ([]scheduler.IssuedClaim, error)
	// AuditCommand notes that a unit was told to do something once.
	AuditCommand(ctx context.Context, unit, id, do string) error
	Delivery(context.Context, scheduler.DeliveryQuery) (scheduler.Delivery, error)
	Calls(ctx context.Context, area string, now time.Time) ([]scheduler.Call, error)
}

type claimStore interface {
	// IssueClaims and AddUnplaced make claims; their codes are kept nowhere.
	IssueClaims(ctx context.Context, units []string) ([]scheduler.IssuedClaim, error)
	AddUnplaced(ctx context.Context, area string, n int, outputs []wire.Output) ([]scheduler.IssuedClaim, error)
	// AddClaimed makes a unit with a claim in the place of a secret.
	AddClaimed(context.Context, scheduler.Unit) (scheduler.Unit, scheduler.IssuedClaim, error)
	Claims(ctx context.Context, area string) ([]scheduler.Claim, error)
	Certificates(ctx context.Context, area string) ([]scheduler.Certificate, error)
	// Revoke ends all by which devices come in as the unit, and their connections.
	Revoke(ctx context.Context, unit, why string) (ended int, err error)
	BindUnit(context.Context, scheduler.Placing) (scheduler.Unit, error)
}

type assetStore interface {
	Assets(context.Context, scheduler.AssetFilter) ([]scheduler.Asset, string, error)
	Asset(ctx context.Context, id string) (scheduler.Asset, error)
	AddAsset(context.Context, scheduler.Asset) (scheduler.Asset, scheduler.Change, error)
}

type playlistStore interface {
	Playlists(context.Context) ([]scheduler.Playlist, error)
	Playlist(ctx context.Context, id string) (scheduler.Playlist, error)
	PutPlaylist(context.Context, scheduler.Playlist) (scheduler.Playlist, scheduler.Change, error)
	RemovePlaylist(ctx context.Context, id string) error
}

type programmeStore interface {
	Programmes(context.Context, scheduler.ProgrammeFilter) ([]scheduler.Programme, string, error)
	Programme(ctx context.Context, id string, version int) (scheduler.Programme, error)
	Versions(ctx context.Context, id string) ([]scheduler.Programme, error)
	PutDraft(context.Context, scheduler.Programme) (scheduler.Programme, scheduler.Change, error)
	ReleaseSoon(ctx context.Context, id string, version int, delay time.Duration) (scheduler.Programme, scheduler.Reach, scheduler.Submission, error)
	Withdraw(ctx context.Context, id string) (scheduler.Programme, error)
	Dossier(ctx context.Context, id string, version int) (scheduler.Dossier, error)
	DryRun(ctx context.Context, id string, version int) (scheduler.DryRun, error)
}

// approvalStore takes programmes to the air by way of those who agree to them.
type approvalStore interface {
	Submit(ctx context.Context, id string, version int) (scheduler.Submission, error)
	Approve(ctx context.Context, id string, version int, hash string, delay time.Duration) (scheduler.Submission, error)
	Return(ctx context.Context, id string, version int, why string) (scheduler.Submission, error)
	Undo(ctx context.Context, id string, version int) (scheduler.Submission, error)
	Submission(ctx context.Context, id string, version int) (scheduler.Submission, error)
	GoesOut(ctx context.Context, id string, version int) (scheduler.GoesOut, error)
	Waiting(context.Context) ([]scheduler.Waiting, error)
}

type freezeStore interface {
	Freezes(ctx context.Context, past bool) ([]scheduler.Freeze, error)
	SetFreeze(ctx context.Context, f scheduler.Freeze, approved []string) (scheduler.Freeze, error)
	LiftFreeze(ctx context.Context, id string) (scheduler.Freeze, error)
}

type warningStore interface {
	Warnings(context.Context, scheduler.WarningFilter) ([]scheduler.Warning, string, error)
	Warning(ctx context.Context, id string) (scheduler.Warning, error)
	Warn(context.Context, scheduler.Warning) (scheduler.Warning, scheduler.Reach, error)
	Confirm(ctx context.Context, id string) (scheduler.Warning, scheduler.Reach, error)
	Lift(ctx context.Context, id string) (scheduler.Warning, error)
	Stop(ctx context.Context, area, why string) (scheduler.Stopped, error)
	Mutes(context.Context) ([]scheduler.Mute, error)
	MuteByID(ctx context.Context, id string) (scheduler.Mute, error)
	Mute(context.Context, scheduler.Mute) (scheduler.Mute, error)
	Unmute(ctx context.Context, id string) (scheduler.Mute, error)
	exceptionStore
}

type exceptionStore interface {
	Later(ctx context.Context, area string, level wire.Level) (scheduler.Later, error)
	Exceptions(ctx context.Context, area string) ([]scheduler.Exception, error)
	Exception(ctx context.Context, id string) (scheduler.Exception, error)
	AddException(context.Context, scheduler.Exception) (e scheduler.Exception, r scheduler.Reach, tooOld []string, err error)
	EndException(ctx context.Context, id string) (scheduler.Exception, error)
}

type haltStore interface {
	Halts(ctx context.Context, area string, all bool) ([]scheduler.HaltView, error)
	Halt(ctx context.Context, id string) (scheduler.HaltView, error)
	InForceOf(ctx context.Context, unit string) ([]scheduler.InForce, error)
}

type proofStore interface {
	Timetable(context.Context, scheduler.TimetableQuery) ([]scheduler.Timetable, error)
	Proof(ctx context.Context, f scheduler.AsRunFilter, now time.Time) ([]scheduler.Proof, error)
	AsRuns(context.Context, scheduler.AsRunFilter) ([]scheduler.AsRun, string, error)
	Skips(context.Context, scheduler.AsRunFilter) ([]scheduler.Skip, string, error)
	Outages(context.Context, scheduler.OutageFilter) ([]scheduler.Outage, string, error)
	NotWatched(ctx context.Context, from, to, now time.Time) ([]scheduler.Gap, error)
	Uptime(ctx context.Context, unit string, from, to, now time.Time) (scheduler.Uptime, error)
	Notables(ctx context.Context, unit string, p scheduler.Page) ([]scheduler.Notable, string, error)
}

type eventStore interface {
	Events(ctx context.Context, after int64, limit int) ([]scheduler.Event, int64, bool, error)
	LastEvent(context.Context) (int64, error)
	Wake() <-chan struct{}
}

type personStore interface {
	People(context.Context) ([]scheduler.Person, error)
	Person(ctx context.Context, id string) (scheduler.Person, error)
	PutPerson(context.Context, scheduler.Person) (scheduler.Person, scheduler.Change, error)
	PutPeople(context.Context, []scheduler.Person) error
	Leave(ctx context.Context, id, successor string) (scheduler.Left, error)
	// ChoosePassword sets one; ChangePassword wants the one before.
	ChoosePassword(ctx context.Context, id, password string) error
	ChangePassword(ctx context.Context, id, old, password string) error
	AddCard(ctx context.Context, person string, life time.Duration) (code string, c scheduler.Card, err error)
	AddCards(ctx context.Context, people []string, life time.Duration) (codes []string, cards []scheduler.Card, err error)
	Cardless(context.Context) ([]string, error)
	Deputies(ctx context.Context, person string) ([]scheduler.Deputy, error)
	PutDeputy(context.Context, scheduler.Deputy) error
	RemoveDeputies(ctx context.Context, person string) error
}

type accessStore interface {
	Sessions(ctx context.Context, person string) ([]scheduler.Session, error)
	Session(ctx context.Context, id string) (scheduler.Session, error)
	EndSession(ctx context.Context, id string) error
	Tokens(ctx context.Context, person string) ([]scheduler.Token, error)
	Token(ctx context.Context, id string) (scheduler.Token, error)
	AddToken(context.Context, scheduler.Token) (secret string, out scheduler.Token, err error)
	RevokeToken(ctx context.Context, id string) error
}

type auditStore interface {
	Audit(context.Context, scheduler.AuditFilter) ([]scheduler.AuditLine, string, error)
	VerifyAudit(ctx context.Context, head string) (scheduler.AuditVerdict, error)
}

type answerStore interface {
	Recall(ctx context.Context, key, fingerprint string) (*scheduler.Remembered, error)
	Remember(ctx context.Context, key string, r scheduler.Remembered) error
	Forget(ctx context.Context, key string) error
}

// Intake takes audio in: files that come in pieces, and texts to be spoken. Its
// errors are *scheduler.Error where a person can do something about them.
type Intake interface {
	uploader
	// Speak makes an audio asset of a text.
	Speak(ctx context.Context, text, title string) (scheduler.Asset, error)
	// Remove removes an asset that nothing uses, and its files.
	Remove(ctx context.Context, id string) error
	// Rendition is the file of a hash that travels to the units.
	Rendition(ctx context.Context, hash string) (io.ReadSeekCloser, error)
	// Original is the file of an audio asset as it was uploaded.
	Original(ctx context.Context, id string) (io.ReadSeekCloser, scheduler.Asset, error)
}

// uploader is the resumable way in.
type uploader interface {
	Begin(ctx context.Context, u client.UploadSpec) (client.Upload, *scheduler.Asset, error)
	State(ctx context.Context, id string) (client.Upload, error)
	Append(ctx context.Context, id string, offset int64, r io.Reader) (client.Upload, error)
	Finish(ctx context.Context, id string) (scheduler.Asset, error)
}

// Detailer asks a unit for the item detail of a span of time.
type Detailer interface {
	Detail(ctx context.Context, unit string, from, to time.Time) ([]wire.CueRun, error)
}
