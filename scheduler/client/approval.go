package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// ApprovalRule says how many other persons have to agree to what goes out in the
// name of an area or one below it; the nearest area wins.
type ApprovalRule struct {
	Area     string `json:"area,omitempty" doc:"Id of the area; the whole county if absent"`
	Villages bool   `json:"villages,omitempty" doc:"Only for what a village puts out in its own name"`
	Level    string `json:"level,omitempty" enum:"background,timed,live,warning,blue,yellow,orange,red" doc:"All programmes if absent; warning for warnings of all levels"`
	Steps    int    `json:"steps" minimum:"0" maximum:"3" doc:"0 for nobody; a warning waits for one person at most"`
}

// Consent is one person's word that a version may go out.
type Consent struct {
	Step   int       `json:"step"`
	Person string    `json:"person"`
	Name   string    `json:"name,omitempty"`
	For    string    `json:"for,omitempty" doc:"Whose deputy the person was"`
	At     time.Time `json:"at"`
}

// Submission is how far a version is on its way to the air.
type Submission struct {
	Hash      string     `json:"hash" doc:"Names exactly what goes out: an approval names it, and is refused if it changed"`
	Steps     int        `json:"steps" doc:"How many other persons have to agree"`
	Given     []Consent  `json:"given"`
	By        string     `json:"by" doc:"Id of who submitted or released it"`
	Name      string     `json:"name,omitempty" doc:"Name of who did; absent where they have no account"`
	At        time.Time  `json:"at"`
	First     *time.Time `json:"first,omitempty" doc:"Its first cue after that"`
	Late      *time.Time `json:"late,omitempty" doc:"The first cue that it missed, not approved in time"`
	Effective *time.Time `json:"effective,omitempty" doc:"When the release takes effect: it can be undone until then"`
	Outcome   string     `json:"outcome,omitempty" enum:"released,returned,changed,undone,late,failed"`
	Why       string     `json:"why,omitempty"`
}

// ApproveSpec is one person's consent.
type ApproveSpec struct {
	Hash string `json:"hash" minLength:"64" maxLength:"64" doc:"Of what was looked at, see the review"`
	Now  bool   `json:"now,omitempty" doc:"The last approval takes effect at once, without time to undo it"`
}

// ReturnSpec hands a version back.
type ReturnSpec struct {
	Why string `json:"why" minLength:"1" maxLength:"500" doc:"For its author"`
}

// Review is all that a version would put on the air, or has put there.
type Review struct {
	Programme Programme      `json:"programme"`
	Hash      string         `json:"hash"`
	Changed   bool           `json:"changed" doc:"It changed since it was submitted: it has to be submitted again"`
	Items     []ReviewItem   `json:"items"`
	Addresses []wire.Address `json:"addresses" doc:"Areas and units that it goes to, groups expanded"`
	Villages  int            `json:"villages"`
	Units     int            `json:"units"`
}

// ReviewItem is one entry just as it goes out.
type ReviewItem struct {
	Title   string  `json:"title"`
	Seconds float64 `json:"seconds"`
	Sound   string  `json:"sound,omitempty" doc:"SHA-256 of the file that the units play; to be heard under sounds"`
	Type    string  `json:"type,omitempty" enum:"mp3,flac,wav,ogg"`
	Text    string  `json:"text,omitempty"`
	Stay    float64 `json:"stay,omitempty" doc:"Seconds"`
	Effect  string  `json:"effect,omitempty"`
	Color   string  `json:"color,omitempty"`
}

// Waiting is a programme or a warning that waits for other persons.
type Waiting struct {
	Programme string     `json:"programme,omitempty"`
	Version   int        `json:"version,omitempty"`
	Warning   string     `json:"warning,omitempty"`
	Title     string     `json:"title"`
	Level     wire.Level `json:"level,omitempty" doc:"Of a warning"`
	Text      string     `json:"text,omitempty" doc:"Of a warning"`
	Audio     string     `json:"audio,omitempty" doc:"Asset that a warning plays"`
	To        string     `json:"to,omitempty" doc:"Area that hears a warning"`
	Until     *time.Time `json:"until,omitempty" doc:"End of a warning"`
	Area      string     `json:"area" doc:"In whose name it goes out"`
	By        string     `json:"by" doc:"Id of who asks for it"`
	Name      string     `json:"name,omitempty" doc:"Name of who asks; absent where they have no account"`
	Since     time.Time  `json:"since"`
	Step      int        `json:"step" doc:"The approval that is missing"`
	Steps     int        `json:"steps"`
	First     *time.Time `json:"first,omitempty" doc:"Its first cue: approved later, it is missed"`
	Late      bool       `json:"late" doc:"Its first cue was missed"`
	Mine      bool       `json:"mine" doc:"Whether the one who asks may give it"`
	Who       string     `json:"who" doc:"Who may give it, in words"`
}

// FreezeSpec sets a change freeze.
type FreezeSpec struct {
	From     *time.Time `json:"from,omitempty" doc:"Now if absent"`
	Until    time.Time  `json:"until"`
	Why      string     `json:"why" maxLength:"200"`
	Approved []string   `json:"approved,omitempty" doc:"Programmes that may go out all the same, as they are approved now"`
}

// Freeze is a time in which only warnings, withdrawals and what was approved
// before are possible.
type Freeze struct {
	ID       string     `json:"id"`
	From     time.Time  `json:"from"`
	Until    time.Time  `json:"until"`
	Why      string     `json:"why"`
	By       string     `json:"by"`
	Lifted   *time.Time `json:"lifted,omitempty"`
	Approved []string   `json:"approved"`
}

// Submit hands the draft of a programme in for approval.
func (c *Client) Submit(ctx context.Context, programme string) (Programme, error) {
	return send[Programme](ctx, c, http.MethodPost, "/programmes"+id(programme)+"/submit", struct{}{})
}

// Approve agrees to what a review showed.
func (c *Client) Approve(ctx context.Context, programme string, v ApproveSpec) (Programme, error) {
	return send[Programme](ctx, c, http.MethodPost, "/programmes"+id(programme)+"/approve", v)
}

// Return hands a submitted version back to its author.
func (c *Client) Return(ctx context.Context, programme string, v ReturnSpec) (Programme, error) {
	return send[Programme](ctx, c, http.MethodPost, "/programmes"+id(programme)+"/return", v)
}

// Undo takes back a release that has not taken effect.
func (c *Client) Undo(ctx context.Context, programme string) (Programme, error) {
	return send[Programme](ctx, c, http.MethodPost, "/programmes"+id(programme)+"/undo", struct{}{})
}

// Review shows what a version puts on the air; 0 is the newest.
func (c *Client) Review(ctx context.Context, programme string, version int) (Review, error) {
	q := url.Values{}
	if version > 0 {
		q.Set("version", strconv.Itoa(version))
	}
	return get[Review](ctx, c, "/programmes"+id(programme)+"/review", q)
}

// Sound writes a sound of a review, just as the units play it.
func (c *Client) Sound(ctx context.Context, programme, hash string, w io.Writer) error {
	req, err := c.request(ctx, http.MethodGet, "/programmes"+id(programme)+"/sounds"+id(hash), nil, nil)
	if err != nil {
		return err
	}
	res, err := c.send(req)
	if err != nil {
		return err
	}
	defer drain(res.Body)
	if _, err = io.Copy(w, res.Body); err != nil {
		return fmt.Errorf("fetch sound: %w", err)
	}
	return nil
}

// Approvals lists what waits for other persons; with all, also what others may give.
func (c *Client) Approvals(ctx context.Context, all bool) ([]Waiting, error) {
	q := url.Values{}
	if all {
		q.Set("all", "true")
	}
	return list[Waiting](ctx, c, "/approvals", q)
}

// Confirm is the second person's word for a warning.
func (c *Client) Confirm(ctx context.Context, warning string) (Warning, error) {
	return send[Warning](ctx, c, http.MethodPost, "/warnings"+id(warning)+"/confirm", struct{}{})
}

// Freezes lists those in force and to come; with past, all.
func (c *Client) Freezes(ctx context.Context, past bool) ([]Freeze, error) {
	q := url.Values{}
	if past {
		q.Set("past", "true")
	}
	return list[Freeze](ctx, c, "/freezes", q)
}

// SetFreeze sets one.
func (c *Client) SetFreeze(ctx context.Context, v FreezeSpec) (Freeze, error) {
	return send[Freeze](ctx, c, http.MethodPost, "/freezes", v)
}

// LiftFreeze ends one before its time.
func (c *Client) LiftFreeze(ctx context.Context, freeze string) (Freeze, error) {
	return send[Freeze](ctx, c, http.MethodPost, "/freezes"+id(freeze)+"/lift", struct{}{})
}
