package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// terminal tells whether a person looks at w.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// asks tells whether a person can answer a question.
func asks(r io.Reader) bool {
	f, ok := r.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// secret asks for something that nobody else shall read: twice and unseen on a
// terminal, or the first line of what is piped in.
func (s *shell) secret(what string) (string, error) {
	if !asks(s.in) {
		line, err := bufio.NewReader(s.in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fault("读密码：%w", "read password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var answers [2]string
	for i, again := range []string{"", s.say("，再输一次", ", once more")} {
		fmt.Fprint(s.errs, what+again+s.say("：", ": "))
		b, err := term.ReadPassword(int(s.in.(*os.File).Fd()))
		fmt.Fprintln(s.errs)
		if err != nil {
			return "", fault("读密码：%w", "read password: %w", err)
		}
		answers[i] = string(b)
	}
	if answers[0] != answers[1] {
		return "", usage("两次输入不一样", "the two are not the same")
	}
	return answers[0], nil
}
