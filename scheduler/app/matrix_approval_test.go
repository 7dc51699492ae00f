package app_test

import (
	"maps"
	"strings"
)

// The samples of what takes a programme or a warning to the air by way of others.
func init() {
	hash := strings.Repeat("ab", 32)
	maps.Copy(samples, map[string]sample{
		"submit-programme":    may(about("submit area", "/programmes/%s/submit", (*fixture).programme, "")),
		"approve-programme":   may(about("approve area", "/programmes/%s/approve", (*fixture).programme, `{"hash":"`+hash+`"}`)),
		"return-programme":    may(about("approve area", "/programmes/%s/return", (*fixture).programme, `{"why":"x"}`)),
		"undo-release":        may(about("withdraw area", "/programmes/%s/undo", (*fixture).programme, "")),
		"review-programme":    about("read area", "/programmes/%s/review", (*fixture).programme, ""),
		"get-programme-sound": may(about("read area", "/programmes/%s/sounds/"+hash, (*fixture).programme, "")),
		"list-approvals":      get("read anywhere", "/approvals?all=true"),
		"list-freezes":        get("read anywhere", "/freezes?past=true"),
		"set-freeze":          may(about("settings county", "/freezes", fresh("f"), `{"why":"","until":"2000-01-01T00:00:00Z"}`)),
		"lift-freeze":         may(get("settings county", "/freezes/none/lift")),
		"confirm-warning":     may(about("warn area", "/warnings/%s/confirm", (*fixture).warning, "")),
	})
}
