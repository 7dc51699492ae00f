package wire

import (
	"crypto/ed25519"
	"strings"
)

// testKey is the private key that grows out of a seed of one letter.
func testKey(letter string) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(letter, ed25519.SeedSize)))
}

func testPublic(letter string) ed25519.PublicKey {
	return testKey(letter).Public().(ed25519.PublicKey)
}

const at0 = 1795000000000 // 2026-11-18

func sampleItem() Item {
	return Item{
		Title: "防火通知",
		Sound: &Sound{Hash: strings.Repeat("0123456789abcdef", 4), Size: 481024, Type: "mp3", Lead: 1105, Frames: 60 * Rate},
		Text:  &Text{Body: "森林防火，人人有责。\n严禁野外用火。", Stay: 12000, Effect: "scroll", Color: "red"},
	}
}

func sampleBulletin() Bulletin {
	loop := Programme{
		ID: "morning-news", Version: 3, Title: "早间新闻", Issuer: "county", Level: LevelBackground, Priority: 5,
		Category: "news", Campaign: "spring", Rule: Rule{
			Kind: RuleLoop, Window: &Window{"07:00", "21:00"}, Pause: 30, Cron: "* * 1-15 * *", Days: []int{1, 5},
			From: "2026-11-01T00:00:00", Until: "2027-03-01T00:00:00", Skip: []Date{"2027-01-01"},
			On: []string{"market-days"}, Off: []string{"holidays"},
		},
		Items: []Item{sampleItem()}, Except: []string{"liushu"}, OnCut: CutRejoin, OnBlock: BlockWait,
		Grace: 600, Volume: 80, MaxPlay: 7200, SilentAfter: 72, By: "wang", At: at0, Needs: []string{"text", NeedSilentAfter},
	}
	every, at, once := loop, loop, loop
	every.ID, every.Rule = "weather", Rule{Kind: RuleEvery, Window: &Window{"22:00", "06:00:30"}, Every: 30}
	at.ID, at.Rule = "noon", Rule{Kind: RuleAt, Times: []Clock{"12:00", "18:30:15"}, Rounds: 2, Pause: 5}
	once.ID, once.Rule = "meeting", Rule{Kind: RuleOnce, Once: "2026-12-01T09:00:00", Rounds: 3}
	return Bulletin{
		Address: "area/county", Revision: at0,
		County: &County{
			Name: "清河县", Zone: "Asia/Shanghai", Quiet: []Window{{"21:30", "06:30"}}, Dark: []Window{{"23:00", "05:00"}},
			Caps: []VolumeCap{{Window{"12:00", "14:00"}, 60}}, Loud: []Level{LevelRed},
			Highest: []Level{LevelRed, LevelOrange, LevelYellow}, HighestIn: map[string]Level{"xiling": LevelNone}, Slogan: "清河县欢迎您",
		},
		Calendars:  map[string][]Date{"holidays": {"2027-01-01"}, "market-days": {"2026-12-05", "2026-12-10"}},
		Programmes: []Programme{loop, every, at, once},
	}
}

func sampleSettings() Bulletin {
	return Bulletin{Address: "unit/u1", Revision: at0 + 1, Settings: &Settings{
		Unit: "u1", Name: "村委会", Chain: []string{"county", "town", "village"}, Outputs: []Output{OutputSound, OutputScreen},
		Volume: 70, Quiet: []Window{{"20:00", "07:00"}}, Panel: &Panel{Width: 192, Height: 32},
		Addresses: []Held{{"area/county", at0, at0}, {"unit/u1", at0, 0}},
	}}
}

func sampleOrders() Orders {
	return Orders{
		Address: "area/county", Revision: at0 + 2,
		Interrupts: []Interrupt{{
			ID: "w1", Issuer: "county", Level: LevelRed, Title: "暴雨红色预警", Items: []Item{sampleItem()}, Except: []string{"u9"},
			Issued: at0, From: at0 + 1000, Until: at0 + 3600_000, Repeat: 3, Pause: 10, Volume: 100, By: "wang",
		}},
		Barred:     []Bar{{ID: "noon", Version: 2, At: at0, By: "li"}},
		Mutes:      []Mute{{ID: "m1", From: at0, Until: at0 + 60_000, Why: "高考", Pause: true}},
		Exceptions: []Exception{{ID: "x1", From: at0, Until: at0 + 3*86400_000, Window: &Window{"13:00", "14:30"}, Why: "中考", Loud: []Level{LevelRed}}},
		Locked:     []Locked{{ID: "li", Since: at0}},
		Revoked:    []Revoked{{Serial: strings.Repeat("0a", 16), At: at0}},
	}
}

func sampleRing() KeyRing {
	return KeyRing{Revision: at0, Keys: []RingKey{{ID: "k2", Public: testPublic("k")}}, Removed: []RingEnd{{ID: "k1", Last: at0 - 1}}}
}

func sampleCommand() Command {
	return Command{Address: "unit/u1", Revision: at0, ID: "c1", Do: CommandTone, Until: at0 + 60_000, Items: []Item{sampleItem()}}
}

func sampleTime() Time { return Time{Address: "unit/u1", Nonce: "0123456789abcdef", At: at0} }

// sampleTimeAnswer holds two envelopes with every field set; nothing in it is signed.
func sampleTimeAnswer() TimeAnswer {
	return TimeAnswer{
		Ring: Envelope{Key: RootKey, Kind: KindKeyRing, Address: KeysAddress, Revision: at0, Payload: []byte{1, 2}, Sig: []byte{3}},
		Time: Envelope{Key: "k2", Kind: KindTime, Address: "unit/u1", Revision: at0, Payload: []byte{4, 5}, Sig: []byte{6}},
	}
}

func sampleOnAir() OnAir {
	return OnAir{
		Output: OutputSound, Programme: "noon", Version: 2, Title: "午间", Level: LevelTimed, Since: at0, Until: at0 + 5000,
		Why: "at 12:00", Text: "午间新闻",
	}
}

// samples are one message of every kind, with every field set in one of them.
func samples() map[string]Payload {
	warning := sampleOnAir()
	warning.Programme, warning.Version, warning.Interrupt = "", 0, "w1"
	run := AsRun{
		Output: OutputScreen, Programme: "noon", Version: 2, Title: "午间", Level: LevelTimed, From: at0, To: at0 + 900_000,
		Rounds:  []RoundPart{{Start: at0, Cues: 3, Frames: 900 * Rate, Missed: 480}},
		Outcome: OutcomeCut, By: "w1", Why: "cut by a warning", Grade: GradePlayed, Late: 1200,
	}
	warned := run
	warned.Programme, warned.Version, warned.Interrupt = "", 0, "w1"
	return map[string]Payload{
		"bulletin": sampleBulletin(), "settings": sampleSettings(), "orders": sampleOrders(), "keyring": sampleRing(),
		"centre":       Centre{Online: true, Since: at0, Features: CentreFeatures()},
		"command":      sampleCommand(),
		"answer":       Answer{Unit: "u1", Command: "c1", At: at0, State: AnswerRefused, Why: "expired"},
		"echo":         Echo{Unit: "u1", Session: 7, Number: 3},
		"time-request": TimeRequest{Unit: "u1", Nonce: "0123456789abcdef"},
		"time-answer":  sampleTimeAnswer(),
		"time":         sampleTime(),
		"enrolment":    Enrolment{Unit: "u1", Claim: "ABCDEFGHIJKLMNOPQRSTUVWXYZ", Request: []byte{1, 2}},
		"certificate":  Certificate{Certificate: []byte{3, 4}},
		"stored":       Stored{Spool: "s1", Seq: 42},
		"ask":          DetailRequest{ID: "q1", From: at0, To: at0 + 1000, After: "c9"},
		"birth": Birth{
			Unit: "u1", Session: 7, Spool: "s1", Boot: "b1", At: at0, Software: "v0.1.0", Wire: Version, Features: []string{"text"},
			Outputs: []Output{OutputSound}, SoundOutput: "ALSA default", Page: "http://127.0.0.1:8081/",
		},
		"gone": Will{Unit: "u1", Session: 7, Clean: true, Why: "stopped by hand"},
		"heartbeat": Heartbeat{
			Unit: "u1", Session: 7, Boot: "b1", At: at0, Uptime: 60, Outbox: 3, Volume: 70, Muted: true, OnAir: []OnAir{sampleOnAir(), warning},
			Issues: []Condition{{Code: "disk-full", Since: at0, Text: "98 %"}},
			Air:    &AirTime{State: ClockTrusted, Source: "centre", Offset: -120, Uncertainty: 15, Age: 60},
		},
		"onair": OnAirReport{Unit: "u1", Session: 7, At: at0, OnAir: []OnAir{sampleOnAir()}},
		"have": Have{
			Unit: "u1", Session: 7, Held: []Held{{"area/county", at0, at0}},
			Refused: []Refusal{{Address: "keys", Kind: KindKeyRing, Revision: 5, At: at0, Code: RefusedOlder, Why: "held 6"}},
			Assets:  2, Ready: 1, Missing: []string{strings.Repeat("ab", 32)}, TooOld: []string{"weather"},
		},
		"report": Report{Unit: "u1", Spool: "s1", Boot: "b1", After: 10, Entries: []Entry{
			{Seq: 11, At: at0, AsRun: &run},
			{Seq: 12, At: at0, Skip: &Skip{OutputSound, "noon", 2, at0, 2, at0 + 3600_000, "quiet", "quiet hours"}},
			{Seq: 13, At: at0, Event: &Event{Code: "output-lost", Text: "ALSA default"}},
			{Seq: 15, At: at0, Off: &Off{From: at0, To: at0 + 1, Clean: true}},
			{Seq: 19, At: at0, AsRun: &warned},
		}},
		"detail": Detail{ID: "q1", Next: "c10", Cues: []CueRun{
			{OutputSound, "noon", 2, "", at0, 1, at0, at0 + 1000, 480, 48000},
			{OutputSound, "", 0, "w1", at0, 1, at0, at0 + 1000, 480, 48000},
		}},
	}
}
