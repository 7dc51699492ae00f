package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/configs"
	"github.com/villagecast/villagecast/scheduler"
	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/client/countyfile"
)

// applyFlags are the flags of apply.
type applyFlags struct {
	file, settings string
	yes, dry       bool
}

func applyCommand(s *shell) *cobra.Command {
	var f applyFlags
	cmd := &cobra.Command{Use: "apply -f FILE", Short: s.say("用一个文件配好全县：先说要改什么，问过再改", "Brings a whole county from one file: says the changes, asks, makes them"), Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			return s.apply(cmd.Context(), c, f)
		}}
	cmd.Flags().StringVarP(&f.file, "file", "f", "county.yaml", s.say("县文件；- 表示标准输入", "county file; - for standard input"))
	cmd.Flags().StringVar(&f.settings, "settings", "settings", s.say("新增终端的设置文件放在哪个目录", "directory for the settings files of units that are added"))
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, s.say("不再询问", "do not ask"))
	cmd.Flags().BoolVar(&f.dry, "dry-run", false, s.say("只说要改什么，不改", "only say what would change"))
	return cmd
}

func (s *shell) apply(ctx context.Context, c *client.Client, f applyFlags) error {
	file, dir, err := s.readCounty(f.file)
	if err != nil {
		return err
	}
	plan, err := countyfile.Make(ctx, c, file, dir)
	if err != nil {
		return err
	}
	if s.json {
		if err := s.printJSON(changes(plan)); err != nil {
			return err
		}
	} else {
		s.printPlan(plan)
	}
	if len(plan.Steps) == 0 || f.dry {
		return nil
	}
	if !f.yes && !s.agree(s.say(fmt.Sprintf("要做 %d 项改动吗？[y/N] ", len(plan.Steps)), fmt.Sprintf("Make %d changes? [y/N] ", len(plan.Steps)))) {
		return usage("什么都没有改：回答 y，或加上 --yes", "nothing changed: say y, or give --yes")
	}
	plan.Progress = s.progress()
	plan.Settings = func(unit, text string) error { return writeSettings(f.settings, unit, text) }
	n := 0
	err = plan.Apply(ctx, func(step countyfile.Step) {
		n++
		if !s.json {
			s.printf("%d/%d %s\n", n, len(plan.Steps), s.step(step))
		}
	})
	if err != nil {
		return fault("共 %[2]d 项改动，做完 %[1]d 项后出错：%[3]w", "%d of %d changes made, then: %w", n, len(plan.Steps), err)
	}
	return nil
}

func (s *shell) readCounty(path string) (f countyfile.File, dir string, err error) {
	var text []byte
	if path == "-" {
		text, err = io.ReadAll(s.in)
		dir = "."
	} else {
		text, err = os.ReadFile(path)
		dir = filepath.Dir(path)
	}
	if err != nil {
		return f, dir, usage("读县文件：%v", "read county file: %v", err)
	}
	if err := configs.Decode(text, &f); err != nil {
		return f, dir, usage("%s：%v", "%s: %v", path, err)
	}
	return f, dir, nil
}

// change is one line of a plan for scripts.
type change struct {
	Act  string `json:"act"`
	Noun string `json:"noun"`
	ID   string `json:"id"`
	// What says field by field what changes.
	What []string `json:"what,omitempty"`
}

func changes(p *countyfile.Plan) []change {
	out := []change{}
	for _, s := range p.Steps {
		out = append(out, change{s.Act, s.Noun, s.ID, s.What})
	}
	return out
}

func (s *shell) printPlan(p *countyfile.Plan) {
	if len(p.Steps) == 0 {
		s.tell("没有要改的", "nothing to change")
		return
	}
	sign := map[string]string{"add": "+", "change": "~", "release": ">"}
	for _, step := range p.Steps {
		s.printf("%s %s\n", sign[step.Act], s.step(step))
		for _, what := range step.What {
			s.printf("    %s\n", s.say(absent.Replace(what), what))
		}
	}
}

// absent is what was or is to be nothing, in Chinese.
var absent = strings.NewReplacer(": nothing → ", ": 没有 → ", " → nothing", " → 没有")

// step says one change.
func (s *shell) step(step countyfile.Step) string {
	return fmt.Sprintf("%s %s %s", word(s, planWords, step.Act), scheduler.Noun(step.Noun).In(s.lang), step.ID)
}

// agree asks a person; where there is none the answer is no.
func (s *shell) agree(question string) bool {
	if !asks(s.in) {
		return false
	}
	fmt.Fprint(s.errs, question)
	line, _ := bufio.NewReader(s.in).ReadString('\n')
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes"
}

func writeSettings(dir, unit, text string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fault("建设置文件的目录：%w", "make directory for settings: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, unit+".yaml"), []byte(text), 0o600); err != nil {
		return fault("写设置文件：%w", "write settings file: %w", err)
	}
	return nil
}

func exportCommand(s *shell) *cobra.Command {
	path := ""
	cmd := &cobra.Command{Use: "export -f FILE", Short: s.say("把全县写成一个文件，音频文件放在旁边", "Writes the whole county to one file, its audio files beside it"), Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			f, err := countyfile.Export(cmd.Context(), c, filepath.Dir(path))
			if err != nil {
				return err
			}
			if s.json {
				return s.printJSON(f)
			}
			text, err := configs.Encode(f)
			if err != nil {
				return fault("写县文件：%w", "write county file: %w", err)
			}
			if err := os.WriteFile(path, text, 0o644); err != nil {
				return fault("写县文件：%w", "write county file: %w", err)
			}
			s.tell(fmt.Sprintf("%s：%d 个区域，%d 个终端，%d 条媒资，%d 个播发任务", path, len(f.Areas), len(f.Units), len(f.Assets), len(f.Programmes)),
				fmt.Sprintf("%s: %d areas, %d units, %d assets, %d programmes", path, len(f.Areas), len(f.Units), len(f.Assets), len(f.Programmes)))
			return nil
		}}
	cmd.Flags().StringVarP(&path, "file", "f", "county.yaml", s.say("要写的县文件", "county file to write"))
	return cmd
}
