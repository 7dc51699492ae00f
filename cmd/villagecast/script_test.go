package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"villagecast": main, "unit": unitProgram})
}

// TestScripts runs the operator's commands against a real centre, as an operator
// would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(e *testscript.Env) error {
			e.Setenv("VILLAGECAST_DATA", filepath.Join(e.WorkDir, "data"))
			e.Setenv("LANG", "en_US.UTF-8")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"centre":        waitForCentre,
			"truncate":      truncate,
			"tone":          tone,
			"remove-listed": removeListed,
			"spoil":         spoil,
			"token":         useToken,
			"keep":          keep,
			"await":         awaitOutput,
			"chinese":       inChinese,
		},
	})
}

// waitForCentre waits until the centre of the script answers.
func waitForCentre(ts *testscript.TestScript, _ bool, _ []string) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	anybody := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}} // only whether it answers
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		if text, err := os.ReadFile(filepath.Join(ts.Getenv("VILLAGECAST_DATA"), "address")); err == nil {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSpace(string(text))+"/api/v1/openapi.yaml", nil)
			ts.Check(err)
			if res, err := anybody.Do(req); err == nil {
				res.Body.Close()
				return
			}
		}
		select {
		case <-ctx.Done():
			ts.Fatalf("the centre does not come up")
		case <-tick.C:
		}
	}
}

// removeListed removes the asset of a title by the id that the list just printed.
func removeListed(ts *testscript.TestScript, _ bool, args []string) {
	for _, line := range strings.Split(ts.ReadFile("stdout"), "\n") {
		if strings.Contains(line, args[0]) {
			ts.Check(ts.Exec("villagecast", "assets", "remove", strings.Fields(line)[0]))
			return
		}
	}
	ts.Fatalf("no asset %q in the list", args[0])
}

// truncate cuts a file to a number of bytes.
func truncate(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

// keep takes what the group of an expression holds in the output just printed into
// a variable.
func keep(ts *testscript.TestScript, _ bool, args []string) {
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%q is not there to be kept as %s", args[1], args[0])
	}
	ts.Setenv(args[0], found[1])
}

// inChinese finds Latin words in what was just printed that are no names: those
// that are the same in every language, ids, and those given.
func inChinese(ts *testscript.TestScript, _ bool, args []string) {
	all := ts.ReadFile("stdout") + ts.ReadFile("stderr")
	ids := regexp.MustCompile(`https?://\S+|\b[0-9a-f]{12,}\b|\b[a-z]{1,2}-[a-z0-9]{4,}\b`)
	names := regexp.MustCompile(`\b(?:` + strings.Join(append(args, "admin", "county", "villagecast", "area", "unit"), "|") + `)\b`)
	if !strings.ContainsFunc(all, func(c rune) bool { return c >= '、' }) {
		ts.Fatalf("there is no Chinese in %q", all)
	}
	for _, line := range strings.Split(all, "\n") {
		if left := names.ReplaceAllString(bare(ids.ReplaceAllString(line, "~")), "~"); latin.MatchString(left) {
			ts.Fatalf("%q in %q", latin.FindAllString(left, -1), line)
		} else if mark := halfWidth.FindString(left); mark != "" {
			ts.Fatalf("%q in %q", mark, line)
		}
	}
}

// useToken takes the secret of the token that was just made for all that follows.
func useToken(ts *testscript.TestScript, _ bool, _ []string) {
	var made struct{ Secret string }
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &made))
	if made.Secret == "" {
		ts.Fatalf("no secret was shown")
	}
	ts.Setenv("VILLAGECAST_TOKEN", made.Secret)
}
