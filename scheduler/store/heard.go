package store

import (
	"fmt"

	"github.com/villagecast/villagecast/scheduler"
)

// heardName is what targets of the kind Heard name, as it is noted of a version.
func heardName(t scheduler.Targets) []string {
	if t.Heard == "" {
		return nil
	}
	return []string{t.Heard}
}

// heardOf are the units that prove that they played the version.
func (t *tx) heardOf(targets scheduler.Targets) ([]string, error) {
	id, version, _ := targets.HeardOf()
	p, _, err := t.version(id, version)
	if err != nil {
		return nil, err
	}
	return t.strings(`SELECT DISTINCT u.id FROM asrun a JOIN unit u ON u.num = a.unit WHERE a.start >= ? AND a.length > 0
		AND a.content = (SELECT num FROM content WHERE programme = ? AND version = ? AND interrupt = '') ORDER BY u.id`, ms(p.ReleasedAt)-longest.Milliseconds(), id, version)
}

// correct addresses the corrections on air to the units of which only now is known
// that they played what is corrected: a unit that was cut off proves it later.
func (b *batch) correct() error {
	for key := range b.played {
		if key.programme == "" {
			continue
		}
		if err := b.expandAgain(releasedNaming, "heard", fmt.Sprintf("%s@%d", key.programme, key.version)); err != nil {
			return err
		}
	}
	return nil
}
