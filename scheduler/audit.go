package scheduler

import "time"

// AuditLine says who changed what. Lines are only ever added, and each holds the
// hash of the one before it.
type AuditLine struct {
	ID int64
	At time.Time
	// Actor is the id of who did it, and Name how they were called then; Via and
	// From as in Actor.
	Actor string
	Name  string
	Via   string
	From  string
	// Act is a verb and a noun, such as "release programme"; Kind and Ref are what
	// it was done to.
	Act  string
	Kind string
	Ref  string
	Text string
	// Was and Became are JSON of before and after; empty where there is none.
	Was    string
	Became string
	// Prev is the Hash of the line before. Both are hex, and empty in lines of
	// before they were kept.
	Prev string
	Hash string
}

// AuditFilter chooses lines of the audit; the zero value is all.
type AuditFilter struct {
	Actor string
	Kind  string
	Ref   string
	Page
}

// AuditVerdict is what a walk along the whole audit found.
type AuditVerdict struct {
	// Lines is how many there are; Unsealed those of before there was a chain.
	Lines    int64
	Unsealed int64
	// Head is the hash of the newest line: noted elsewhere, it proves later that
	// nothing up to it was changed.
	Head string
	// Known tells whether a head noted before is in the chain.
	Known bool
	// Broken is the id of the first line that does not fit; 0 for none. Why says
	// what is wrong with it.
	Broken int64
	Why    string

	last int64
}

// Add takes in the next line, the hash that it should have, and the head that was
// noted before, if any.
func (v *AuditVerdict) Add(l AuditLine, hash, noted string) {
	v.Lines++
	why := ""
	switch {
	case l.Hash == "" && v.Head == "":
		v.Unsealed++
	case l.ID != v.last+1 && v.last != 0:
		why = "a line before it is gone"
	case l.Prev != v.Head:
		why = "it does not follow the line before it"
	case l.Hash != hash:
		why = "it was changed"
	}
	if why != "" && v.Broken == 0 {
		v.Broken, v.Why = l.ID, why
	}
	v.Known = v.Known || noted != "" && l.Hash == noted
	v.Head, v.last = l.Hash, l.ID
}
