package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/villagecast/villagecast/device/wire"
)

// PersonState says whether somebody still works here.
type PersonState string

// The states of a person. Nobody is deleted: the audit names them for good.
const (
	PersonActive PersonState = "active"
	PersonLeft   PersonState = "left"
)

// Person is somebody with an account.
type Person struct {
	ID   string
	Name string
	// Phone is how to call them; empty if it is not known.
	Phone  string
	State  PersonState
	Grants []Grant
	// Password tells whether one is set; those who come by card have none.
	Password bool
	Created  time.Time
	// Rev as in Area.
	Rev int64
}

// maxPhone is enough for a number with its extension.
const maxPhone = 40

// Calls is how to call them: name and phone; empty without a phone.
func (p Person) Calls() string {
	if p.Phone == "" {
		return ""
	}
	return strings.TrimSpace(p.Name + " " + p.Phone)
}

// Validate tells what is wrong with a person.
func (p Person) Validate(w World) error {
	if err := first(CheckID("id", p.ID), checkName("name", p.Name, maxName), checkName("phone", p.Phone, maxPhone)); err != nil {
		return err
	}
	if p.ID == AdminID || p.ID == CentreID {
		return invalid("id", p.ID, Words{"这个名字是中心自己用的", "this name is the centre's own"}, Words{"换一个编号", "choose another id"})
	}
	for i, g := range p.Grants {
		field := fmt.Sprintf("grants[%d]", i)
		if err := word(field+".role", g.Role, Roles()...); err != nil {
			return err
		}
		if g.Area == "" && (g.Role == RoleTown || g.Role == RoleVillage) {
			return invalid(field+".area", "",
				Words{roleTitles[g.Role].ZH + "要写区域", roleTitles[g.Role].EN + " needs an area"},
				Words{"写是哪个镇、哪个村的", "name the " + string(g.Role)})
		}
		if g.Area != "" {
			if err := w.area(field+".area", g.Area); err != nil {
				return err
			}
		}
		if slices.Contains(p.Grants[:i], g) {
			return invalid(field, string(g.Role), Words{"写了两次", "given twice"}, Words{"同一区域每种角色只写一次", "name each role once for an area"})
		}
	}
	return nil
}

// Runs tells whether the person is an administrator of the whole county.
func (p Person) Runs(t *Tree) bool {
	return p.State == PersonActive && slices.ContainsFunc(p.Grants, func(g Grant) bool { return g.Role == RoleAdministrator && g.covers(t, "") })
}

// Sessions last longest for those who have nothing but a phone and a card.
const (
	phoneLife   = 180 * 24 * time.Hour
	browserLife = 30 * 24 * time.Hour
)

// SessionLife is how long somebody with these grants stays signed in.
func SessionLife(grants []Grant) time.Duration {
	phone := len(grants) > 0 && !slices.ContainsFunc(grants, func(g Grant) bool { return g.Role.GivenBy() != ActInvite })
	if phone {
		return phoneLife
	}
	return browserLife
}

// SignInWait is how long an account is held back on one device after so many
// wrong passwords in a row: not at all for four, then a minute, doubled each time
// up to an hour.
func SignInWait(wrong int) time.Duration {
	if wrong < 5 {
		return 0
	}
	return min(time.Minute<<min(wrong-5, 10), time.Hour)
}

// CheckPassword tells what is wrong with a password that a person chose.
func CheckPassword(person, password string) error {
	remedy := Words{"至少 10 个字符，例如只有你会放在一起的三个词", "use ten characters or more, such as three words that belong together only for you"}
	distinct := map[rune]bool{}
	for _, r := range password {
		distinct[r] = true
	}
	switch n := utf8.RuneCountInString(password); {
	case n < 10:
		return invalid("password", "", Words{"太短", "too short"}, remedy)
	case n > 200:
		return invalid("password", "", Words{"太长", "too long"}, Words{"最多 200 个字符", "use at most 200 characters"})
	case len(distinct) < 5, strings.Contains("01234567890123456789abcdefghijklmnopqrstuvwxyz", strings.ToLower(password)):
		return invalid("password", "", Words{"太容易猜到", "too easy to guess"}, remedy)
	case strings.Contains(strings.ToLower(password), strings.ToLower(person)):
		return invalid("password", "", Words{"里面有账号的名字", "it contains the account's name"}, remedy)
	}
	return nil
}

// Session is a browser or phone in which somebody is signed in.
type Session struct {
	ID     string
	Person string
	// Via is password, card or link; Label what the browser says it is.
	Via     string
	Label   string
	From    string
	Created time.Time
	Used    time.Time
	Ends    time.Time
	// Ended is zero while it holds.
	Ended time.Time
}

// Token lets a program act for a person, in less than what that person may do.
type Token struct {
	ID     string
	Person string
	Title  string
	Acts   []Act
	// Area; empty for all areas of the person.
	Area    string
	Created time.Time
	Used    time.Time
	Ends    time.Time
	Ended   time.Time
}

// maxTokenLife bounds the life of tokens: one that nobody remembers ends.
const maxTokenLife = 366 * 24 * time.Hour

// Validate tells what is wrong with a token that is to be made.
func (k Token) Validate(w World, now time.Time) error {
	if err := checkName("title", k.Title, maxName); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(k.Title) == "":
		return invalid("title", "", Words{"令牌要有名称", "a token needs a title"}, Words{"写明给哪个程序用", "say which program it is for"})
	case len(k.Acts) == 0:
		return invalid("acts", "", Words{"令牌要写明能做什么", "a token needs the acts that it is for"}, Words{"写出来，如 read", "name them, such as read"})
	case !k.Ends.After(now):
		return invalid("ends", k.Ends.Format(time.RFC3339), Words{"这个时间已经过了", "this time is over"}, Words{"写一个还没到的结束时间", "give an end to come"})
	case k.Ends.Sub(now) > maxTokenLife:
		return invalid("ends", k.Ends.Format(time.RFC3339), Words{"太远了", "too far away"}, Words{"在一年内结束", "end it within a year"})
	}
	for i, act := range k.Acts {
		if err := word(fmt.Sprintf("acts[%d]", i), act, Acts()...); err != nil {
			return err
		}
	}
	if k.Area != "" {
		return w.area("area", k.Area)
	}
	return nil
}

// Card signs its person in once, on the phone on which it is used.
type Card struct {
	ID      string
	Person  string
	By      string
	Created time.Time
	Ends    time.Time
	Used    time.Time
}

// MaxCardLife is how long a card may wait for its use.
const MaxCardLife = 90 * 24 * time.Hour

// Deputy approves in place of Person from First to Last, both included.
type Deputy struct {
	Person string
	Deputy string
	First  wire.Date
	Last   wire.Date
}

// Lends are the grants that a deputy has from the person: approvals, no more.
func (p Person) Lends() []Grant {
	return slices.DeleteFunc(slices.Clone(p.Grants), func(g Grant) bool { return g.Role != RoleApprover })
}

// Validate tells what is wrong with it; today is the day in the county.
func (d Deputy) Validate(today wire.Date) error {
	_, badFirst := time.Parse(time.DateOnly, string(d.First))
	_, badLast := time.Parse(time.DateOnly, string(d.Last))
	switch {
	case d.Person == d.Deputy:
		return invalid("deputy", d.Deputy, Words{"自己不能代理自己", "nobody is their own deputy"}, Words{"写另一个人", "name another person"})
	case badFirst != nil || badLast != nil || d.Last < d.First:
		return invalid("last", string(d.Last),
			Words{"结束早于开始", "it ends before it begins"},
			Words{"写第一天和最后一天，如 2026-12-01", "give the first and the last day, such as 2026-12-01"})
	case d.Last < today:
		return invalid("last", string(d.Last), Words{"这一天已经过了", "this day is over"}, Words{"写一个还没到的日子", "give a day to come"})
	}
	return nil
}

// Left is what a leaver's one act did.
type Left struct {
	Person Person
	// Sessions, Tokens, Cards are how many ended; Drafts those that went to the
	// successor.
	Sessions, Tokens, Cards, Drafts int
	Successor                       string
	// Unapproved are submitted programmes that nobody can approve any more.
	Unapproved []string
}
