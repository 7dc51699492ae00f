package client

import (
	"context"
	"net/http"
	"time"

	"github.com/villagecast/villagecast/device/wire"
)

// Grant is one role in an area and everything below it.
type Grant struct {
	Role string `json:"role" enum:"administrator,editor,approver,duty,town,village,crew,viewer"`
	Area string `json:"area,omitempty" doc:"Id of the area; the whole county if absent"`
}

// PersonSpec is what people say of an account.
type PersonSpec struct {
	ID     string  `json:"id"`
	Name   string  `json:"name,omitempty" doc:"As people call them"`
	Phone  string  `json:"phone,omitempty" doc:"How to call them"`
	Grants []Grant `json:"grants" doc:"What they may do, and where"`
}

// Person is an account.
type Person struct {
	PersonSpec
	State    string    `json:"state" enum:"active,left"`
	Password bool      `json:"password" doc:"Whether one is set; those who come by card have none"`
	Created  time.Time `json:"created"`
}

// Me is who asks.
type Me struct {
	ID     string   `json:"id"`
	Name   string   `json:"name,omitempty"`
	Via    string   `json:"via" doc:"How they proved it"`
	Grants []Grant  `json:"grants"`
	Acts   []string `json:"acts,omitempty" doc:"What a token is limited to"`
	Area   string   `json:"area,omitempty" doc:"Where a token is limited to"`
}

// PasswordSpec sets a password.
type PasswordSpec struct {
	Password string `json:"password"`
	Old      string `json:"oldPassword,omitempty" doc:"The one before, to change one's own"`
}

// LeaveSpec says who takes over.
type LeaveSpec struct {
	To string `json:"to,omitempty" doc:"Id of the person who gets the drafts"`
}

// Left answers a leaver's one act.
type Left struct {
	Person   string `json:"person"`
	Sessions int    `json:"sessions"`
	Tokens   int    `json:"tokens"`
	Cards    int    `json:"cards"`
	Drafts   int    `json:"drafts" doc:"Drafts that went to the successor"`
	To       string `json:"to,omitempty"`
	// Unapproved are submitted programmes for which there is no approver any more.
	Unapproved []string `json:"unapproved,omitempty" doc:"Submitted programmes that nobody can approve any more"`
}

// CardSpec asks for a sign-in card.
type CardSpec struct {
	Days int `json:"days,omitempty" minimum:"1" maximum:"90" doc:"How long it waits for its use; 14 if absent"`
}

// Card signs its person in once, on the phone on which it is used.
type Card struct {
	ID     string    `json:"id"`
	Person string    `json:"person"`
	Code   string    `json:"code" doc:"To type in at /login; not shown again"`
	Link   string    `json:"link" doc:"To open on the phone, or to print as a QR code; not shown again"`
	Ends   time.Time `json:"ends"`
}

// CardsSpec asks for the cards of many.
type CardsSpec struct {
	People []string `json:"people,omitempty" doc:"Ids; if absent all in the area who have no password, are signed in nowhere, and hold no card that can be used"`
	Area   string   `json:"area,omitempty" doc:"Only people with a role there or below; one's own if absent"`
	Days   int      `json:"days,omitempty" minimum:"1" maximum:"90" doc:"How long they wait for their use; 14 if absent"`
}

// TableSpec is a spreadsheet that is to be read.
type TableSpec struct {
	Table []byte `json:"table" doc:"The file: XLSX, or CSV in UTF-8 or GBK, in base64"`
	Check bool   `json:"check,omitempty" doc:"Only say what would change"`
}

// Imported says what a spreadsheet changed, or would.
type Imported struct {
	Check bool         `json:"check,omitempty" doc:"Nothing was changed: it was only asked"`
	Rows  []ImportedAs `json:"rows"`
	// Ignored are headings of columns that are not read.
	Ignored []string `json:"ignored,omitempty"`
}

// ImportedAs is what became of one thing of a spreadsheet.
type ImportedAs struct {
	Row    int    `json:"row" doc:"Its first row"`
	ID     string `json:"id"`
	Name   string `json:"name,omitempty"`
	Area   string `json:"area,omitempty"`
	Change string `json:"change" enum:"created,updated,unchanged"`
}

// Deputy approves in the place of another.
type Deputy struct {
	Deputy string    `json:"deputy"`
	First  wire.Date `json:"first" doc:"The first day"`
	Last   wire.Date `json:"last" doc:"The last day"`
}

// Session is a browser or phone in which somebody is signed in.
type Session struct {
	ID      string    `json:"id"`
	Person  string    `json:"person"`
	Via     string    `json:"via" doc:"password, card or link"`
	Label   string    `json:"label,omitempty" doc:"What the browser says it is"`
	From    string    `json:"from,omitempty" doc:"Network address at sign-in"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used" doc:"To the hour"`
	Ends    time.Time `json:"ends"`
	This    bool      `json:"this,omitempty" doc:"The one that asks"`
}

// TokenSpec asks for a token.
type TokenSpec struct {
	Person string   `json:"person,omitempty" doc:"Whose it is; one's own if absent"`
	Title  string   `json:"title" doc:"Which program it is for"`
	Acts   []string `json:"acts" doc:"What it is for, such as read"`
	Area   string   `json:"area,omitempty" doc:"Where; all areas of the person if absent"`
	Days   int      `json:"days,omitempty" minimum:"1" maximum:"366" doc:"90 if absent"`
}

// Token lets a program act for a person.
type Token struct {
	ID      string     `json:"id"`
	Person  string     `json:"person"`
	Title   string     `json:"title"`
	Acts    []string   `json:"acts"`
	Area    string     `json:"area,omitempty"`
	Created time.Time  `json:"created"`
	Used    *time.Time `json:"used,omitempty" doc:"To the hour"`
	Ends    time.Time  `json:"ends"`
	Secret  string     `json:"secret,omitempty" doc:"Only in the answer that made it"`
}

// AuditLine says who changed what.
type AuditLine struct {
	ID    int64     `json:"id"`
	At    time.Time `json:"at"`
	Actor string    `json:"actor"`
	Name  string    `json:"name,omitempty"`
	Via   string    `json:"via,omitempty"`
	From  string    `json:"from,omitempty"`
	Act   string    `json:"act"`
	Kind  string    `json:"kind,omitempty"`
	Ref   string    `json:"ref,omitempty"`
	Text  string    `json:"text,omitempty"`
	Was   any       `json:"was,omitempty" doc:"What was before"`
	Is    any       `json:"is,omitempty" doc:"What is after"`
	Prev  string    `json:"prev,omitempty" doc:"Hash of the line before"`
	Hash  string    `json:"hash,omitempty"`
}

// AuditVerdict is what a walk along the whole audit found.
type AuditVerdict struct {
	Lines    int64  `json:"lines"`
	Unsealed int64  `json:"unsealed" doc:"Lines of before there was a chain"`
	Head     string `json:"head" doc:"Hash of the newest line: note it elsewhere"`
	Broken   int64  `json:"broken,omitempty" doc:"The first line that does not fit"`
	Why      string `json:"why,omitempty"`
	Known    bool   `json:"known" doc:"Whether the head that was asked about is in the chain"`
}

// People lists the accounts in an area, "" for all that one may see.
func (c *Client) People(ctx context.Context, area string) ([]Person, error) {
	return list[Person](ctx, c, "/people", query("area", area))
}

// Person returns one account.
func (c *Client) Person(ctx context.Context, person string) (Person, error) {
	return get[Person](ctx, c, "/people"+id(person), nil)
}

// PutPerson makes or changes an account.
func (c *Client) PutPerson(ctx context.Context, v PersonSpec) (Person, error) {
	return send[Person](ctx, c, http.MethodPut, "/people"+id(v.ID), v)
}

// Leave ends everything of somebody who leaves.
func (c *Client) Leave(ctx context.Context, person string, v LeaveSpec) (Left, error) {
	return send[Left](ctx, c, http.MethodPost, "/people"+id(person)+"/leave", v)
}

// SetPassword sets somebody's password.
func (c *Client) SetPassword(ctx context.Context, person string, v PasswordSpec) error {
	return c.do(ctx, call{method: http.MethodPut, path: "/people" + id(person) + "/password", body: v})
}

// AddCard makes a sign-in card.
func (c *Client) AddCard(ctx context.Context, person string, v CardSpec) (Card, error) {
	return send[Card](ctx, c, http.MethodPost, "/people"+id(person)+"/cards", v)
}

// AddCards makes sign-in cards for many at once.
func (c *Client) AddCards(ctx context.Context, v CardsSpec) ([]Card, error) {
	page, err := send[Page[Card]](ctx, c, http.MethodPost, "/people/cards", v)
	return page.Items, err
}

// ImportPeople reads accounts from a spreadsheet: all of them, or none.
func (c *Client) ImportPeople(ctx context.Context, v TableSpec) (Imported, error) {
	return send[Imported](ctx, c, http.MethodPost, "/people/import", v)
}

// Recover makes a one-time link for the administrator who needs no account.
func (c *Client) Recover(ctx context.Context) (Card, error) {
	return send[Card](ctx, c, http.MethodPost, "/recover", nil)
}

// Deputies lists whom a person named.
func (c *Client) Deputies(ctx context.Context, person string) ([]Deputy, error) {
	return list[Deputy](ctx, c, "/people"+id(person)+"/deputies", nil)
}

// PutDeputy names one.
func (c *Client) PutDeputy(ctx context.Context, person string, v Deputy) error {
	return c.do(ctx, call{method: http.MethodPut, path: "/people" + id(person) + "/deputies", body: v})
}

// RemoveDeputies ends all that a person named.
func (c *Client) RemoveDeputies(ctx context.Context, person string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/people" + id(person) + "/deputies"})
}

// Me tells who the centre takes the caller for.
func (c *Client) Me(ctx context.Context) (Me, error) { return get[Me](ctx, c, "/me", nil) }

// Sessions lists those of a person that hold, one's own for "".
func (c *Client) Sessions(ctx context.Context, person string) ([]Session, error) {
	return list[Session](ctx, c, "/sessions", query("person", person))
}

// EndSession signs a browser out.
func (c *Client) EndSession(ctx context.Context, session string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/sessions" + id(session)})
}

// Tokens lists those of a person that are good, one's own for "".
func (c *Client) Tokens(ctx context.Context, person string) ([]Token, error) {
	return list[Token](ctx, c, "/tokens", query("person", person))
}

// AddToken makes one.
func (c *Client) AddToken(ctx context.Context, v TokenSpec) (Token, error) {
	return send[Token](ctx, c, http.MethodPost, "/tokens", v)
}

// RevokeToken ends one.
func (c *Client) RevokeToken(ctx context.Context, token string) error {
	return c.do(ctx, call{method: http.MethodDelete, path: "/tokens" + id(token)})
}

// Audit lists who did what, newest first.
func (c *Client) Audit(ctx context.Context, actor, kind, ref string) ([]AuditLine, error) {
	return list[AuditLine](ctx, c, "/audit", query("actor", actor, "kind", kind, "ref", ref, "limit", "1000"))
}

// VerifyAudit walks the whole chain; head is one noted before, or "".
func (c *Client) VerifyAudit(ctx context.Context, head string) (AuditVerdict, error) {
	return get[AuditVerdict](ctx, c, "/audit/verify", query("head", head))
}
