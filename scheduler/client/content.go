package client

import (
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Asset is an audio file or a text notice.
type Asset struct {
	ID        string    `json:"id" doc:"SHA-256 of the bytes uploaded"`
	Kind      string    `json:"kind" enum:"audio,text"`
	Title     string    `json:"title"`
	Name      string    `json:"name,omitempty" doc:"Name of the file that was uploaded"`
	Created   time.Time `json:"created"`
	Text      string    `json:"text,omitempty"`
	Stay      float64   `json:"stay,omitempty" doc:"How long a text is shown, in seconds"`
	Effect    string    `json:"effect,omitempty"`
	Color     string    `json:"color,omitempty"`
	Size      int64     `json:"size" doc:"Bytes uploaded"`
	Seconds   float64   `json:"seconds,omitempty" doc:"Length of what sounds, trimmed"`
	Rendition string    `json:"rendition,omitempty" doc:"SHA-256 of the file that travels"`
	Type      string    `json:"type,omitempty" enum:"mp3,flac,wav,ogg"`
	Loudness  float64   `json:"loudness,omitempty" doc:"dBFS"`
	Peak      float64   `json:"peak,omitempty" doc:"dBFS"`
	Silence   float64   `json:"silence,omitempty" doc:"Longest silence within, in seconds"`
}

// TextSpec asks for a text notice.
type TextSpec struct {
	Title  string  `json:"title,omitempty"`
	Text   string  `json:"text" minLength:"1" maxLength:"2000"`
	Stay   float64 `json:"stay,omitempty" minimum:"0" maximum:"3600" doc:"Seconds; reckoned from the length if absent"`
	Effect string  `json:"effect,omitempty" enum:"scroll,still"`
	Color  string  `json:"color,omitempty" enum:"red,green,yellow,white"`
}

// SpeechSpec asks the centre to speak a text into an audio asset.
type SpeechSpec struct {
	Title string `json:"title,omitempty"`
	Text  string `json:"text" minLength:"1" maxLength:"5000"`
}

// UploadSpec begins a resumable upload of an audio file.
type UploadSpec struct {
	Name  string `json:"name" doc:"File name, for people"`
	Title string `json:"title,omitempty"`
	Size  int64  `json:"size" minimum:"1" doc:"Bytes to come"`
	// Hash lets the centre recognise what it has, and check what came.
	Hash string `json:"hash" doc:"SHA-256 of the whole file, hex"`
}

// Upload is a resumable upload under way.
type Upload struct {
	ID     string `json:"id"`
	Offset int64  `json:"offset" doc:"Bytes that the centre holds: go on from here"`
	Size   int64  `json:"size"`
	// Asset is set when the centre has the file already.
	Asset *Asset `json:"asset,omitempty"`
}

// Playlist is an ordered list of assets.
type Playlist struct {
	ID      string         `json:"id"`
	Title   string         `json:"title,omitempty"`
	Area    string         `json:"area,omitempty" doc:"Area whose it is, and who may change it; the county if absent"`
	Items   []PlaylistItem `json:"items"`
	Seconds float64        `json:"seconds,omitempty" readOnly:"true" doc:"Length of one round"`
}

// PlaylistItem is one entry: a sound, a text, or both at once.
type PlaylistItem struct {
	Title string `json:"title,omitempty"`
	Audio string `json:"audio,omitempty" doc:"Id of an audio asset"`
	Text  string `json:"text,omitempty" doc:"Id of a text asset"`
}

// Targets say whom content is for.
type Targets struct {
	Areas  []string `json:"areas,omitempty"`
	Groups []string `json:"groups,omitempty"`
	Units  []string `json:"units,omitempty"`
	Except []string `json:"except,omitempty" doc:"Areas and units that are left out"`
	Heard  string   `json:"heard,omitempty" doc:"A version, such as water@2: the units that prove, now or later, that they played it" example:"water@2"`
}

// ProgrammeSpec is what people say of a programme.
type ProgrammeSpec struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Playlist    string     `json:"playlist"`
	Targets     Targets    `json:"targets"`
	Rule        wire.Rule  `json:"rule"`
	Issuer      string     `json:"issuer,omitempty" doc:"Area in whose name it goes out; if absent, as it was, and for a new one its maker's"`
	Level       wire.Level `json:"level,omitempty" enum:"background,timed,live" doc:"background for loops, else timed, if absent"`
	Priority    int        `json:"priority,omitempty" minimum:"-100" maximum:"100"`
	Category    string     `json:"category,omitempty"`
	Campaign    string     `json:"campaign,omitempty"`
	OnCut       string     `json:"onCut,omitempty" enum:"rejoin,resume,skip" doc:"rejoin for loops, else resume, if absent"`
	OnBlock     string     `json:"onBlock,omitempty" enum:"wait,skip"`
	Grace       *int       `json:"grace,omitempty" minimum:"0" doc:"Seconds a blocked round may wait; 600 if absent"`
	MaxPlay     int        `json:"maxPlay,omitempty" minimum:"0" doc:"Seconds after which a round or chain is ended; the release makes it 4 hours if absent"`
	SilentAfter int        `json:"silentAfter,omitempty" minimum:"0" doc:"Hours that a unit may play it without a word of the centre, then it is silent until the next; for ever if absent"`
	Volume      int        `json:"volume,omitempty" minimum:"0" maximum:"100" doc:"Per cent of the unit's volume; 100 if absent"`
}

// Programme is one version of a programme.
type Programme struct {
	ProgrammeSpec
	Version    int         `json:"version"`
	State      string      `json:"state" enum:"draft,submitted,returned,releasing,released,ended,superseded,withdrawn,stopped"`
	Created    time.Time   `json:"created"`
	ReleasedAt *time.Time  `json:"releasedAt,omitempty"`
	Seconds    float64     `json:"seconds,omitempty" doc:"Length of one round"`
	Says       string      `json:"says,omitempty" doc:"The rule as a sentence, in the language asked for"`
	Next       []time.Time `json:"next,omitempty" doc:"The next starts"`
	Author     string      `json:"author,omitempty" doc:"Id of who drafted it"`
	// Submission is how far it is on its way to the air, or how it got there.
	Submission *Submission `json:"submission,omitempty"`
	Ends       *time.Time  `json:"ends,omitempty" doc:"End of its validity"`
	EndAssumed bool        `json:"endAssumed,omitempty" doc:"Nobody gave an end: the release made it the end of the seventh day"`
	ReleasedBy string      `json:"releasedBy,omitempty" doc:"Id of who released it"`
}

// Released answers a release: how far it reaches.
type Released struct {
	Programme Programme `json:"programme"`
	Villages  int       `json:"villages"`
	Units     int       `json:"units"`
	Addresses int       `json:"addresses" doc:"Publishes that the release costs"`
	Offline   []string  `json:"offline" doc:"Units not reachable now"`
}

// WarningSpec asks for a warning: an interrupt on sound and screen.
type WarningSpec struct {
	Area   string     `json:"area"`
	Level  wire.Level `json:"level" enum:"blue,yellow,orange,red"`
	Title  string     `json:"title,omitempty"`
	Text   string     `json:"text,omitempty" maxLength:"2000"`
	Audio  string     `json:"audio,omitempty" doc:"Id of an audio asset; if absent the text is spoken where speech is at hand"`
	Repeat int        `json:"repeat,omitempty" minimum:"0" doc:"Rounds; 0 until the end"`
	Pause  int        `json:"pause,omitempty" minimum:"0" doc:"Seconds between rounds"`
	Until  time.Time  `json:"until"`
	Issuer string     `json:"issuer,omitempty"`
	Volume int        `json:"volume,omitempty" minimum:"0" maximum:"100"`
}

// Warning is a warning with its fate.
type Warning struct {
	WarningSpec
	ID     string     `json:"id"`
	Issued time.Time  `json:"issued"`
	Ended  *time.Time `json:"ended,omitempty"`
	End    string     `json:"end,omitempty" doc:"lifted, stopped or expired"`
	Units  int        `json:"units" doc:"Units addressed"`
	Waits  bool       `json:"waits,omitempty" doc:"It is not out: it waits for a second person, see approvals"`
	// Spoken says whether the warning has sound, and if not, why.
	Spoken string `json:"spoken,omitempty"`
	By     string `json:"by,omitempty" doc:"Id of who asked for it"`
	// ConfirmedBy is the second person, by whose word it went out.
	ConfirmedBy string `json:"confirmedBy,omitempty" doc:"Id of the second person, by whose word it went out"`
	// Later says where it may not sound yet; absent where it sounds at once.
	Later *Later `json:"later,omitempty"`
}

// Later says on how many units a warning may not sound yet; screens show it at once.
type Later struct {
	Units int        `json:"units"`
	Until *time.Time `json:"until,omitempty" doc:"When it may sound on the last of them; absent if not within a year"`
	Why   string     `json:"why" doc:"On one of them, in the language asked for"`
}

// Stopped answers a STOP.
type Stopped struct {
	Stop       string   `json:"stop,omitempty" doc:"Id by which /stops says which units obey; absent if nothing was on air"`
	Area       string   `json:"area"`
	Programmes []string `json:"programmes" doc:"Versions barred, as id@version"`
	Warnings   []string `json:"warnings"`
	Units      int      `json:"units"`
	Offline    []string `json:"offline" doc:"Units that cannot hear it now"`
}

// MuteSpec asks to silence an area or a unit, but for warnings.
type MuteSpec struct {
	Area  string    `json:"area,omitempty"`
	Unit  string    `json:"unit,omitempty"`
	Until time.Time `json:"until"`
	Why   string    `json:"why,omitempty" maxLength:"200"`
	Pause bool      `json:"pause,omitempty" doc:"The unit is under work: counted as no outage"`
}

// Mute is a mute or pause.
type Mute struct {
	MuteSpec
	ID    string     `json:"id"`
	From  time.Time  `json:"from"`
	Ended *time.Time `json:"ended,omitempty"`
	By    string     `json:"by,omitempty" doc:"Id of who asked for it"`
}
