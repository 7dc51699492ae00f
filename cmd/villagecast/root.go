package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

// shell is what every command works with.
type shell struct {
	in        io.Reader
	out, errs io.Writer
	data      string
	server    string
	lang      string
	json      bool

	// centre is the one that the command speaks to; zone is its county's, asked
	// when the first time is to be read or written.
	centre *client.Client
	zone   *time.Location
}

func newRoot(s *shell) *cobra.Command {
	s.lang = cmp.Or(s.lang, language())
	root := &cobra.Command{
		Use:           "villagecast",
		Short:         s.say("全县村级广播的播控中心，以及它的命令行", "The centre of a county's village broadcasting, and its command line"),
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	f := root.PersistentFlags()
	f.StringVar(&s.data, "data", dataDirectory(), s.say("中心的数据目录；从中读令牌", "directory of the centre's data; the token is read from it"))
	f.StringVar(&s.server, "server", os.Getenv("VILLAGECAST_SERVER"), s.say("中心的地址（默认：数据目录里写的）", "address of the centre (default: as the data directory says)"))
	f.Var((*tongue)(&s.lang), "lang", s.say("语言：zh-CN 或 en", "language of sentences: zh-CN or en"))
	f.Lookup("lang").DefValue = language()
	f.BoolVar(&s.json, "json", false, s.say("输出 JSON，给脚本用", "print JSON, for scripts"))
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%w", "%w", err) })
	root.AddCommand(
		serveCommand(s), demoCommand(s),
		areasCommand(s), unitsCommand(s), assetsCommand(s), speakCommand(s),
		playlistsCommand(s), programmesCommand(s), timetableCommand(s),
		releaseCommand(s), withdrawCommand(s), stopCommand(s), stopsCommand(s), mutesCommand(s), exceptionsCommand(s),
		approvalsCommand(s), freezeCommand(s), warnCommand(s), confirmCommand(s), liftCommand(s),
		asrunCommand(s), outagesCommand(s), statusCommand(s), deliveryCommand(s), callsCommand(s), checkCommand(s), doctorCommand(s),
		peopleCommand(s), keysCommand(s), brokerCommand(s), sessionsCommand(s), tokensCommand(s), auditCommand(s),
		applyCommand(s), exportCommand(s),
	)
	s.completions(root)
	s.helps(root)
	return root
}

// dataDirectory is where the commands look for the centre's data if nothing is said.
func dataDirectory() string { return env("VILLAGECAST_DATA", "villagecast-data") }

func env(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}

// language follows the environment, as other programs do.
func language() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh-CN"
			}
			return "en"
		}
	}
	return "en"
}

// client makes the typed client: the address and the token stand in files of the
// data directory unless they are given.
func (s *shell) client() (*client.Client, error) {
	c := &client.Client{Base: s.server, Language: s.lang, Token: os.Getenv("VILLAGECAST_TOKEN")}
	if c.Base == "" {
		text, err := os.ReadFile(filepath.Join(s.data, "address"))
		if err != nil {
			return nil, fault("%w：数据目录 %s 里没有运行过中心；先启动（villagecast serve），或用 --server、--data 指明",
				"%w: no centre has run with the data directory %s; start one (villagecast serve), or give --server or --data",
				client.ErrUnreachable, s.data)
		}
		c.Base = strings.TrimSpace(string(text))
	}
	if c.Token == "" {
		text, err := os.ReadFile(filepath.Join(s.data, "token"))
		if err != nil {
			return nil, fault("读令牌：%w；用 --data 指明数据目录，或设置 VILLAGECAST_TOKEN", "read token: %w; give --data, or set VILLAGECAST_TOKEN", err)
		}
		c.Token = strings.TrimSpace(string(text))
	}
	s.centre = c
	return c, trustOwnCA(c, filepath.Join(s.data, "ca.pem"))
}

// location is the county's zone: times mean the same wherever the command runs.
// While the centre cannot be asked it is this machine's.
func (s *shell) location() *time.Location {
	if s.zone != nil {
		return s.zone
	}
	if s.centre == nil {
		return time.Local
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	county, err := s.centre.County(ctx)
	if err != nil {
		return time.Local
	}
	if s.zone, err = time.LoadLocation(county.Zone); err != nil || county.Zone == "" {
		s.zone = time.Local
	}
	return s.zone
}

// printJSON prints an answer for scripts.
func (s *shell) printJSON(v any) error {
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// show prints an answer: as JSON if so asked, else in words.
func (s *shell) show(v any, words func()) error {
	if s.json {
		return s.printJSON(v)
	}
	words()
	return nil
}

func (s *shell) printf(format string, args ...any) { fmt.Fprintf(s.out, format, args...) }

// parent makes a command that only groups others.
func parent(use, short string, children ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return c.Help()
	}}
	c.AddCommand(children...)
	return c
}

// exactly wants n arguments and names them when they are not there.
func exactly(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return usage("要写 %d 个参数：%s", "want %d argument(s): %s", len(names), strings.Join(names, " "))
		}
		return nil
	}
}
