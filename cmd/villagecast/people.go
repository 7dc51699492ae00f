package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func peopleCommand(s *shell) *cobra.Command {
	return parent("people", s.say("账号：谁在哪里可以做什么", "Accounts: who may do what, where"),
		peopleList(s), peopleShow(s), peopleAdd(s), peoplePhone(s), peopleGrant(s), peopleTake(s), peoplePassword(s), peopleCard(s), peopleCards(s), peopleImport(s), peopleDeputy(s), peopleLeave(s), peopleRecover(s))
}

// grants says roles with their areas.
func (s *shell) grants(list []client.Grant) string {
	words := make([]string, len(list))
	for i, g := range list {
		area := g.Area
		if area == "" {
			area = s.say("全县", "the county")
		}
		words[i] = s.say(fmt.Sprintf("%s（%s）", roles[g.Role], area), fmt.Sprintf("%s of %s", g.Role, area))
	}
	return dash(s.list(words))
}

// parseGrants reads role or role@area.
func parseGrants(words []string) ([]client.Grant, error) {
	grants := []client.Grant{}
	for _, w := range words {
		role, area, _ := strings.Cut(w, "@")
		if _, ok := roles[role]; !ok {
			names := []string{}
			for name := range roles {
				names = append(names, name)
			}
			slices.Sort(names)
			return nil, usage("没有角色 %q：用 %s 之一，后面加 @ 和区域，如 town@liushu",
				"%q is no role: use one of %s, with @ and an area, such as town@liushu", role, strings.Join(names, ", "))
		}
		grants = append(grants, client.Grant{Role: role, Area: area})
	}
	return grants, nil
}

func (s *shell) printPeople(people []client.Person) {
	t := newTable(s.say("账号", "PERSON"), s.say("姓名", "NAME"), s.say("电话", "PHONE"), s.say("角色", "MAY"), s.say("登录方式", "COMES BY"))
	for _, p := range people {
		by := s.say("登录卡", "card")
		switch {
		case p.State == "left":
			by = s.say("已离开", "has left")
		case p.Password:
			by = s.say("密码", "password")
		}
		t.add(p.ID, dash(p.Name), dash(p.Phone), s.grants(p.Grants), by)
	}
	t.print(s.out)
}

func peopleList(s *shell) *cobra.Command {
	return query(s, "list [AREA]", s.say("列出一个区域及以下的账号", "Lists the accounts, of an area and below"), cobra.MaximumNArgs(1),
		func(ctx context.Context, c *client.Client, args []string) ([]client.Person, error) {
			return c.People(ctx, strings.Join(args, ""))
		}, s.printPeople)
}

// seenPerson is all that is known of an account.
type seenPerson struct {
	client.Person
	Sessions []client.Session `json:"sessions"`
	Tokens   []client.Token   `json:"tokens"`
	Deputies []client.Deputy  `json:"deputies"`
}

func peopleShow(s *shell) *cobra.Command {
	return query(s, "show ID", s.say("显示一个账号：登录、令牌和代审人", "Shows an account, where it is signed in, its tokens and deputies"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (out seenPerson, err error) {
			if out.Person, err = c.Person(ctx, args[0]); err != nil {
				return out, err
			}
			if out.Sessions, err = c.Sessions(ctx, args[0]); err != nil {
				return out, err
			}
			if out.Tokens, err = c.Tokens(ctx, args[0]); err != nil {
				return out, err
			}
			out.Deputies, err = c.Deputies(ctx, args[0])
			return out, err
		},
		func(p seenPerson) {
			s.printPeople([]client.Person{p.Person})
			if len(p.Sessions) > 0 {
				s.printf("\n")
				s.printSessions(p.Sessions)
			}
			if len(p.Tokens) > 0 {
				s.printf("\n")
				s.printTokens(p.Tokens)
			}
			for _, d := range p.Deputies {
				s.printf("%s\n", s.say(fmt.Sprintf("%s 到 %s 由 %s 代审", d.First, d.Last, d.Deputy), fmt.Sprintf("from %s to %s %s approves instead", d.First, d.Last, d.Deputy)))
			}
		})
}

// one shows one account that was changed.
func (s *shell) one(p client.Person) {
	s.printf("%s %s%s%s\n", p.ID, dash(p.Name), s.say("：", ": "), s.grants(p.Grants))
}

func peopleAdd(s *shell) *cobra.Command {
	var spec client.PersonSpec
	var words []string
	cmd := query(s, "add ID", s.say("添加账号；接着发登录卡或设密码", "Adds an account; give a card or a password next"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Person, error) {
			var err error
			if spec.Grants, err = parseGrants(words); err != nil {
				return client.Person{}, err
			}
			if old, err := c.Person(ctx, args[0]); err == nil {
				return client.Person{}, usage("已经有账号 %s：%s", "there is an account %s already: %s", old.ID, s.grants(old.Grants))
			}
			spec.ID = args[0]
			return c.PutPerson(ctx, spec)
		}, s.one)
	cmd.Flags().StringVar(&spec.Name, "name", "", s.say("大家怎么称呼", "as people call them"))
	cmd.Flags().StringVar(&spec.Phone, "phone", "", s.say("电话", "how to call them"))
	cmd.Flags().StringSliceVar(&words, "role", nil, s.say("角色和区域：administrator、editor、approver、duty、town@AREA、village@AREA、crew、viewer；可重复", "a role and its area: administrator, editor, approver, duty, town@AREA, village@AREA, crew, viewer; may be repeated"))
	return cmd
}

// regrant changes the roles of an account.
func regrant(s *shell, use, short string, change func(old, given []client.Grant) []client.Grant) *cobra.Command {
	return query(s, use, short, cobra.MinimumNArgs(2),
		func(ctx context.Context, c *client.Client, args []string) (client.Person, error) {
			given, err := parseGrants(args[1:])
			if err != nil {
				return client.Person{}, err
			}
			p, err := c.Person(ctx, args[0])
			if err != nil {
				return p, err
			}
			p.Grants = change(p.Grants, given)
			return c.PutPerson(ctx, p.PersonSpec)
		}, s.one)
}

func peopleGrant(s *shell) *cobra.Command {
	return regrant(s, "grant ID ROLE[@AREA]...", s.say("授予角色，立即生效", "Gives roles; they hold at once"), func(old, given []client.Grant) []client.Grant {
		for _, g := range given {
			if !slices.Contains(old, g) {
				old = append(old, g)
			}
		}
		return old
	})
}

func peopleTake(s *shell) *cobra.Command {
	return regrant(s, "take ID ROLE[@AREA]...", s.say("收回角色，立即生效", "Takes roles back; at once"), func(old, given []client.Grant) []client.Grant {
		return slices.DeleteFunc(old, func(g client.Grant) bool { return slices.Contains(given, g) })
	})
}

func peoplePhone(s *shell) *cobra.Command {
	return query(s, "phone ID NUMBER", s.say("写某人的电话", "Says how to call somebody"), exactly("ID", "NUMBER"),
		func(ctx context.Context, c *client.Client, args []string) (client.Person, error) {
			p, err := c.Person(ctx, args[0])
			if err != nil {
				return p, err
			}
			p.Phone = args[1]
			return c.PutPerson(ctx, p.PersonSpec)
		},
		func(p client.Person) { s.printf("%s %s%s%s\n", p.ID, dash(p.Name), s.say("：", ": "), dash(p.Phone)) })
}

func peoplePassword(s *shell) *cobra.Command {
	return query(s, "password ID", s.say("设密码，在终端窗口里问或从标准输入读；其他登录随即结束", "Sets a password, asked for on the terminal or read from standard input; other sessions end"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Person, error) {
			p, err := c.Person(ctx, args[0])
			if err != nil {
				return p, err
			}
			password, err := s.secret(s.say("新密码："+p.ID, "new password of "+p.ID))
			if err != nil {
				return p, err
			}
			return p, c.SetPassword(ctx, args[0], client.PasswordSpec{Password: password})
		},
		func(p client.Person) { s.printf("%s\n", s.say(p.ID+" 的密码已设", "password of "+p.ID+" set")) })
}

// printCard shows what is shown once.
func (s *shell) printCard(c client.Card) {
	s.printf("%s\n", s.say(fmt.Sprintf("给 %s 的登录卡，%s 前用一次：\n  链接  %s\n  卡号  %s", c.Person, s.clock(c.Ends), c.Link, c.Code),
		fmt.Sprintf("sign-in card of %s, for one use before %s:\n  link  %s\n  code  %s", c.Person, s.clock(c.Ends), c.Link, c.Code)))
}

func peopleCard(s *shell) *cobra.Command {
	var spec client.CardSpec
	cmd := query(s, "card ID", s.say("做一张登录卡，凭链接或卡号登录一次；没用过的旧卡作废", "Makes a card that signs its person in once, by a link or a code; one not used yet ends"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Card, error) {
			return c.AddCard(ctx, args[0], spec)
		}, s.printCard)
	cmd.Flags().IntVar(&spec.Days, "days", 14, s.say("等待使用的天数，1 到 90", "how long it waits for its use, 1 to 90"))
	return cmd
}

func peopleDeputy(s *shell) *cobra.Command {
	var d client.Deputy
	var end bool
	cmd := query(s, "deputy ID", s.say("让别人代审几天，或取消代审", "Lets another approve in somebody's place for some days, or ends that"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) ([]client.Deputy, error) {
			var err error
			switch {
			case end:
				err = c.RemoveDeputies(ctx, args[0])
			case d.Deputy != "":
				err = c.PutDeputy(ctx, args[0], d)
			}
			if err != nil {
				return nil, err
			}
			return c.Deputies(ctx, args[0])
		},
		func(all []client.Deputy) {
			for _, d := range all {
				s.printf("%s  %s  %s\n", d.Deputy, d.First, d.Last)
			}
		})
	f := cmd.Flags()
	f.StringVar(&d.Deputy, "to", "", s.say("由谁代审", "who approves instead"))
	f.StringVar((*string)(&d.First), "from", "", s.say("第一天，如 2026-12-01", "the first day, such as 2026-12-01"))
	f.StringVar((*string)(&d.Last), "until", "", s.say("最后一天", "the last day"))
	f.BoolVar(&end, "end", false, s.say("取消此人指定的所有代审", "end all that this person named"))
	return cmd
}

func peopleLeave(s *shell) *cobra.Command {
	var spec client.LeaveSpec
	cmd := query(s, "leave ID", s.say("离职：结束此人的所有登录、令牌和登录卡", "Ends all sessions, tokens and cards of somebody who leaves"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Left, error) {
			return c.Leave(ctx, args[0], spec)
		},
		func(l client.Left) {
			s.printf("%s\n", s.say(fmt.Sprintf("%s 已离开：结束登录 %d、令牌 %d、登录卡 %d；移交草稿 %d", l.Person, l.Sessions, l.Tokens, l.Cards, l.Drafts),
				fmt.Sprintf("%s has left: %d sessions, %d tokens, %d cards ended; %d drafts handed over", l.Person, l.Sessions, l.Tokens, l.Cards, l.Drafts)))
			if len(l.Unapproved) > 0 {
				list := s.list(l.Unapproved)
				s.printf("%s\n", s.say("这些待审内容已无人可审，请另授审核角色："+list, "nobody can approve these any more, make somebody an approver: "+list))
			}
		})
	cmd.Flags().StringVar(&spec.To, "to", "", s.say("草稿移交给谁", "who gets the drafts"))
	return cmd
}

func peopleRecover(s *shell) *cobra.Command {
	return query(s, "recover", s.say("在中心的机器上用：给一个管理员登录链接，一小时内用一次；会记入审计", "On the centre's own machine: a link for one login as administrator, within an hour; it is in the audit"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) (client.Card, error) { return c.Recover(ctx) }, s.printCard)
}
