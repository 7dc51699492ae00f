package wire

// Orders is the second snapshot of an address: what is in force now. It travels
// as the payload of an envelope of kind KindOrders.
type Orders struct {
	Address    Address     `json:"address"`
	Revision   uint64      `json:"revision"`
	Interrupts []Interrupt `json:"interrupts,omitempty"`
	// Barred are the things that were stopped; they never sound again.
	Barred []Bar  `json:"barred,omitempty"`
	Mutes  []Mute `json:"mutes,omitempty"`
	// Exceptions are further quiet times of the address, each with its end.
	Exceptions []Exception `json:"exceptions,omitempty"`
	// Locked and Revoked stand in the orders of the root area alone.
	Locked  []Locked  `json:"locked,omitempty"`
	Revoked []Revoked `json:"revoked,omitempty"`
}

// Interrupt is content that takes every output it has content for at once: a warning.
type Interrupt struct {
	ID     string `json:"id"`
	Issuer string `json:"issuer"`
	Level  Level  `json:"level"`
	Title  string `json:"title"`
	Items  []Item `json:"items"`
	// Except are ids of areas and units that are left out.
	Except []string `json:"except,omitempty"`
	// Issued is when it was made; From when it begins (Issued if zero); Until
	// its end. Unix milliseconds. A unit that comes back during its life begins
	// it then.
	Issued int64 `json:"issued"`
	From   int64 `json:"from,omitempty"`
	Until  int64 `json:"until"`
	// Repeat is the number of rounds, 0 until the end; Pause between them in seconds.
	Repeat int `json:"repeat,omitempty"`
	Pause  int `json:"pause,omitempty"`
	Volume int `json:"volume"`
	// By is the id of the person who issued it.
	By string `json:"by,omitempty"`
}

// Bar ends for good what it names: a programme version (Version > 0) or an interrupt.
type Bar struct {
	ID      string `json:"id"`
	Version int    `json:"version,omitempty"`
	At      int64  `json:"at"`
	By      string `json:"by,omitempty"`
}

// Mute silences everything but warnings until its end, on sound and screen.
type Mute struct {
	ID    string `json:"id"`
	From  int64  `json:"from"`
	Until int64  `json:"until"`
	Why   string `json:"why,omitempty"`
	// Pause marks a mute of one unit under work, which is counted as no outage.
	Pause bool `json:"pause,omitempty"`
}

// Exception silences the sound of an address from its start until its end: for
// an exam, a noon rest, a funeral. Screens go on.
type Exception struct {
	ID    string `json:"id"`
	From  int64  `json:"from"`
	Until int64  `json:"until"`
	// Window bounds it to this time of each day, in civil time; nil is all day.
	Window *Window `json:"window,omitempty"`
	Why    string  `json:"why"`
	// Loud are the warning levels that sound all the same; absent, those of the county.
	Loud []Level `json:"loud,omitempty"`
}

// Locked names a person whose word counts no more: what they released or issued
// at Since or later is not played.
type Locked struct {
	ID    string `json:"id"`
	Since int64  `json:"since"`
}

// Revoked names a device that is no longer that of its unit, by the serial number
// of its certificate in 32 lower-case hex digits. It falls silent.
type Revoked struct {
	Serial string `json:"serial"`
	At     int64  `json:"at"`
}
