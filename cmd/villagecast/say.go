package main

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/villagecast/villagecast/scheduler"
)

// say gives a sentence in the operator's language.
func (s *shell) say(zh, en string) string { return scheduler.Words{ZH: zh, EN: en}.In(s.lang) }

// tell prints a line in the operator's language.
func (s *shell) tell(zh, en string) { s.printf("%s\n", s.say(zh, en)) }

// list joins things as the operator's language does.
func (s *shell) list(of []string) string { return strings.Join(of, s.say("、", ", ")) }

// tongue is the value of --lang: Chinese however it is written, or what is said.
type tongue string

func (l *tongue) String() string { return string(*l) }
func (l *tongue) Type() string   { return "string" }
func (l *tongue) Set(text string) error {
	if *l = tongue(text); strings.HasPrefix(text, "zh") {
		*l = "zh-CN"
	}
	return nil
}

// asked is the language that a command line asks for; that of the environment if
// it asks for none. It is looked for before the line is read, which may be wrong.
func asked(args []string) string {
	l := tongue(language())
	for i, a := range args {
		if text, ok := strings.CutPrefix(a, "--lang="); ok {
			_ = l.Set(text) // it takes everything
		} else if a == "--lang" && i+1 < len(args) {
			_ = l.Set(args[i+1])
		}
	}
	return string(l)
}

// errUsage marks errors of the command line itself.
var errUsage = fault("见 villagecast help", "see villagecast help")

// fault is an error in Chinese and in English. The same values are filled into
// both; an error among them is said in the same language.
func fault(zh, en string, args ...any) error {
	cause, values := fmt.Errorf(en, args...), slices.Clone(args)
	for i, a := range args {
		if err, ok := a.(error); ok {
			values[i] = errors.New(said(err, "zh-CN"))
		}
	}
	return &scheduler.Error{Message: scheduler.Words{ZH: fmt.Errorf(zh, values...).Error(), EN: cause.Error()}, Err: cause}
}

// usage is a fault of who wrote the command line.
func usage(zh, en string, args ...any) error {
	cause := fault(zh, en, args...)
	return &scheduler.Error{Message: scheduler.Words{ZH: said(cause, "zh-CN") + "（" + said(errUsage, "zh-CN") + "）", EN: cause.Error() + " (" + errUsage.Error() + ")"},
		Err: errors.Join(errUsage, cause)}
}

// said is an error in the language of whoever reads it, where it has one.
func said(err error, lang string) string {
	if e, ok := errors.AsType[*scheduler.Error](err); ok {
		return strings.Replace(err.Error(), e.Error(), e.In(lang), 1)
	}
	if !strings.HasPrefix(lang, "zh") {
		return err.Error()
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		for _, known := range troubles {
			if errors.Is(e.Err, known.is) {
				return strings.Replace(err.Error(), e.Error(), e.Path+"："+known.zh, 1)
			}
		}
	}
	text := err.Error()
	for _, f := range foreign {
		text = f.en.ReplaceAllString(text, f.zh)
	}
	return text
}

// troubles are what systems say of files.
var troubles = []struct {
	is error
	zh string
}{{fs.ErrNotExist, "没有这个文件"}, {fs.ErrPermission, "没有权限"}, {fs.ErrExist, "已经有这个文件"}}

// foreign are sentences of others that operators meet, in Chinese: those of the
// library that reads the command line, and the client's.
var foreign = []struct {
	en *regexp.Regexp
	zh string
}{
	{regexp.MustCompile(`^the centre does not answer at (\S+): `), "中心在 $1 没有应答："},
	{regexp.MustCompile(`^the centre does not answer\b`), "中心没有应答"},
	{regexp.MustCompile(`^unknown command ("[^"]*") for "[^"]*"`), "没有这个命令：$1"},
	{regexp.MustCompile(`\n\nDid you mean this\?`), "\n\n是不是要："},
	{regexp.MustCompile(`^unknown (?:shorthand )?flag: (.*)`), "没有这个选项：$1"},
	{regexp.MustCompile(`^flag needs an argument: (.*)`), "选项后面要写值：$1"},
	{regexp.MustCompile(`^invalid argument ("[^"]*") for "([^"]*)" flag: .*`), "$2 的值不对：$1"},
	{regexp.MustCompile(`^required flag\(s\) (.*) not set`), "要写选项 $1"},
	{regexp.MustCompile(`^accepts at most (\d+) arg\(s\), received (\d+)`), "至多写 $1 个参数，这里是 $2 个"},
	{regexp.MustCompile(`^requires at least (\d+) arg\(s\), only received (\d+)`), "至少要写 $1 个参数，这里是 $2 个"},
}
