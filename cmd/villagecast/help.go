package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// helps lets the help be Chinese where the operator is: what the library that
// reads the command line adds to ours.
func (s *shell) helps(root *cobra.Command) {
	if s.lang != "zh-CN" {
		return
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.InitDefaultVersionFlag()
	root.Flags().Lookup("version").Usage = "显示版本"
	root.SetUsageFunc(func(c *cobra.Command) error {
		chineseUsage(c.OutOrStdout(), c)
		return nil
	})
	var each func(*cobra.Command)
	each = func(c *cobra.Command) {
		c.InitDefaultHelpFlag()
		c.Flags().Lookup("help").Usage = "显示说明"
		switch parent := c.Parent(); {
		case parent == root && c.Name() == "help":
			c.Short = "看一个命令的说明"
		case parent == root && c.Name() == "completion":
			c.Short = "生成命令行补全脚本"
		case parent != nil && parent.Name() == "completion":
			c.Short, c.Long = "生成 "+c.Name()+" 的补全脚本", ""
		}
		for _, sub := range c.Commands() {
			each(sub)
		}
	}
	each(root)
}

// chineseUsage says how a command is used.
func chineseUsage(w io.Writer, c *cobra.Command) {
	part := func(head, body string) { fmt.Fprintf(w, "%s：\n%s\n", head, strings.TrimRight(body, "\n")) }
	var use strings.Builder
	if c.Runnable() && !c.HasAvailableSubCommands() {
		fmt.Fprintf(&use, "  %s\n", strings.Replace(c.UseLine(), "[flags]", "[选项]", 1))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(&use, "  %s [命令]\n", c.CommandPath())
		t := &table{}
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() || sub.Name() == "help" {
				t.add("  "+sub.Name(), sub.Short)
			}
		}
		use.WriteString("\n命令：\n")
		t.print(&use)
	}
	part("用法", use.String())
	if c.HasAvailableLocalFlags() {
		part("\n选项", chineseFlags(c.LocalFlags().FlagUsages()))
	}
	if c.HasAvailableInheritedFlags() {
		part("\n各命令通用的选项", chineseFlags(c.InheritedFlags().FlagUsages()))
	}
	if c.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\n用 %s [命令] --help 看某个命令的说明。\n", c.CommandPath())
	}
}

var (
	// flagLine is a line of the library's list of flags: the flag, what it takes,
	// and what it is for.
	flagLine  = regexp.MustCompile(`(?m)^( +(?:-\w, )?--[\w-]+)(?: (\w+))? +(\S.*)$`)
	byDefault = regexp.MustCompile(` \(default "?(.*?)"?\)$`)
	takes     = map[string]string{"string": "文字", "strings": "列表", "stringArray": "文字", "int": "整数", "ints": "整数列表", "float": "数", "duration": "时长"}
)

// chineseFlags are the library's list of flags in Chinese, lined up anew.
func chineseFlags(list string) string {
	t := &table{}
	for _, m := range flagLine.FindAllStringSubmatch(list, -1) {
		t.add(strings.TrimRight(m[1]+" "+takes[m[2]], " "), byDefault.ReplaceAllString(m[3], "（默认 $1）"))
	}
	var out strings.Builder
	t.print(&out)
	return out.String()
}
