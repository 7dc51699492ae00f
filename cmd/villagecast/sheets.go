package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
	"github.com/villagecast/villagecast/scheduler/paper"
)

// maxTable is the largest spreadsheet that is sent, in bytes; in base64 it keeps
// to what the API reads.
const maxTable = 700 << 10

func readTable(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, usage("读表格：%w", "read table: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTable+1))
	if err != nil {
		return nil, fault("读表格：%w", "read table: %w", err)
	}
	if len(data) > maxTable {
		return nil, usage("%s 超过 %d KB：分成几个，或删去图片和空行", "%s is larger than %d KB: split it, or take pictures and empty rows out", file, maxTable>>10)
	}
	return data, nil
}

func peopleImport(s *shell) *cobra.Command {
	return importing(s, s.say("从表格（XLSX，或 UTF-8、GBK 的 CSV）导入账号：要么全部，要么不导", "Makes accounts from a spreadsheet (XLSX, or CSV in UTF-8 or GBK): all, or none"),
		func(c *client.Client, ctx context.Context, t client.TableSpec) (client.Imported, error) {
			return c.ImportPeople(ctx, t)
		})
}

// importing makes a command that has the centre read a spreadsheet.
func importing(s *shell, short string, send func(*client.Client, context.Context, client.TableSpec) (client.Imported, error)) *cobra.Command {
	var check bool
	cmd := query(s, "import FILE", short, exactly("FILE"),
		func(ctx context.Context, c *client.Client, args []string) (client.Imported, error) {
			data, err := readTable(args[0])
			if err != nil {
				return client.Imported{}, err
			}
			return send(c, ctx, client.TableSpec{Table: data, Check: check})
		}, s.imported)
	cmd.Flags().BoolVar(&check, "check", false, s.say("只说要改什么，不改", "only say what would change"))
	return cmd
}

func unitsImport(s *shell) *cobra.Command {
	var dir string
	var spec client.UnitsTableSpec
	cmd := query(s, "import FILE", s.say("从表格（XLSX，或 UTF-8、GBK 的 CSV）添加或修改终端：要么全部，要么不导", "Adds or changes units from a spreadsheet (XLSX, or CSV in UTF-8 or GBK): all, or none"), exactly("FILE"),
		func(ctx context.Context, c *client.Client, args []string) (out client.UnitsImported, err error) {
			if spec.Table, err = readTable(args[0]); err != nil {
				return out, err
			}
			if spec.Claims = dir != ""; spec.Claims && !spec.Check {
				if err := os.MkdirAll(dir, 0o700); err != nil {
					return out, usage("写入网码：%w；用 --claims 换一个目录", "write claims: %w; choose another directory with --claims", err)
				}
			}
			if out, err = c.ImportUnits(ctx, spec); err == nil {
				_, err = claimFiles(out.Claims, dir)
			}
			for i := range out.Claims { // they are in their files, and nowhere else
				out.Claims[i].Code, out.Claims[i].Settings = "", ""
			}
			return out, err
		},
		func(v client.UnitsImported) {
			s.imported(v.Imported)
			if n := len(v.Claims); n > 0 {
				s.printf("%s\n", s.say(fmt.Sprintf("%d 个入网码在 %s；标签用 units claims --out 打印", n, dir), fmt.Sprintf("%d claims are in %s; print their stickers with units claims --out", n, dir)))
			}
		})
	cmd.Flags().BoolVar(&spec.Check, "check", false, s.say("只说要改什么，不改", "only say what would change"))
	cmd.Flags().StringVar(&dir, "claims", "", s.say("给每个新终端一个入网码，把设备用的文件写到这个目录", "give each new unit a claim, and write the files of their devices into this directory"))
	return cmd
}

// printedStickers writes the stickers of units whose claims wait.
func (s *shell) printedStickers(ctx context.Context, c *client.Client, claims []client.Claim, out string) error {
	units, err := c.Units(ctx, client.UnitFilter{})
	if err != nil {
		return err
	}
	areas, err := c.Areas(ctx)
	if err != nil {
		return err
	}
	sheet := make([]paper.Sticker, len(claims))
	for i, k := range claims {
		sheet[i] = paper.Sticker{Unit: k.Unit, Page: k.Here}
		if j := slices.IndexFunc(units, func(u client.Unit) bool { return u.ID == k.Unit }); j >= 0 && units[j].State != "unplaced" {
			sheet[i].Place = placeName(areas, units[j].Area) + " " + units[j].Name
		}
	}
	return writeNew(out, func(w io.Writer) (bool, error) { return true, paper.Stickers(w, s.lang, sheet) })
}

// imported says what a spreadsheet changed: each thing that did, and the sum.
func (s *shell) imported(v client.Imported) {
	counts := map[string]int{}
	t := newTable(s.say("行", "ROW"), s.say("编号", "ID"), s.say("名称", "NAME"), s.say("区域", "AREA"), "")
	words := map[string]string{"created": s.say("新增", "new"), "updated": s.say("修改", "changed")}
	for _, r := range v.Rows {
		counts[r.Change]++
		if word := words[r.Change]; word != "" {
			t.add(r.Row, r.ID, dash(r.Name), dash(r.Area), word)
		}
	}
	if counts["created"]+counts["updated"] > 0 {
		t.print(s.out)
	}
	if len(v.Ignored) > 0 {
		s.printf("%s\n", s.say("没有读的列："+s.list(v.Ignored), "columns not read: "+s.list(v.Ignored)))
	}
	line := s.say(fmt.Sprintf("新增 %d，修改 %d，没变 %d", counts["created"], counts["updated"], counts["unchanged"]),
		fmt.Sprintf("%d new, %d changed, %d as before", counts["created"], counts["updated"], counts["unchanged"]))
	switch {
	case v.Check:
		line = s.say("只核对，没有导入：", "checked only, nothing was imported: ") + line
	case counts["created"]+counts["updated"] == 0:
		line = s.say("和上次一样，什么都没有变：", "nothing has changed: ") + line
	}
	s.printf("%s\n", line)
}

func peopleCards(s *shell) *cobra.Command {
	var spec client.CardsSpec
	var out string
	cmd := query(s, "cards [ID]...", s.say("给写出的人，或所有还缺的人做登录卡，排成一页打印（A4，HTML）", "Makes cards for those named, or for all who still need one, on a sheet to print (A4, HTML)"), cobra.ArbitraryArgs,
		func(ctx context.Context, c *client.Client, args []string) ([]client.Card, error) {
			spec.People = args
			return s.printedCards(ctx, c, spec, out)
		},
		func(cards []client.Card) {
			if len(cards) == 0 {
				s.printf("%s\n", s.say("没有人缺登录卡：都已登录、有密码，或手里的卡还没用。要换新卡，写出账号", "nobody needs a card: all are signed in, have a password, or hold one that was not used; name those who shall get a new one"))
				return
			}
			s.printf("%s\n", s.say(fmt.Sprintf("%d 张登录卡在 %s：打印后请删除，它能登录", len(cards), out), fmt.Sprintf("%d sign-in cards are in %s: delete it when it is printed, it opens doors", len(cards), out)))
		})
	f := cmd.Flags()
	f.StringVarP(&out, "out", "o", "cards.html", s.say("打印页写到哪里", "where to write the sheet"))
	f.StringVar(&spec.Area, "area", "", s.say("只给这个区域及以下的人", "only people of this area and below"))
	f.IntVar(&spec.Days, "days", 30, s.say("登录卡等待使用的天数，1 到 90", "how long the cards wait for their use, 1 to 90"))
	return cmd
}

// printedCards opens the sheet before it asks the centre, because codes are given
// only once.
func (s *shell) printedCards(ctx context.Context, c *client.Client, spec client.CardsSpec, out string) ([]client.Card, error) {
	people, err := c.People(ctx, "")
	if err != nil {
		return nil, err
	}
	areas, err := c.Areas(ctx)
	if err != nil {
		return nil, err
	}
	var cards []client.Card
	err = writeNew(out, func(w io.Writer) (bool, error) {
		if cards, err = c.AddCards(ctx, spec); err != nil || len(cards) == 0 {
			return false, err
		}
		sheet := make([]paper.Card, len(cards))
		for i, card := range cards {
			p := people[max(0, slices.IndexFunc(people, func(p client.Person) bool { return p.ID == card.Person }))]
			login, _, _ := strings.Cut(card.Link, "/login/")
			sheet[i] = paper.Card{Name: p.Name, Place: s.grantPlaces(p.Grants, areas), Link: card.Link, Code: card.Code,
				Login: login + "/login", Ends: s.clock(card.Ends)[:len("2026-12-01")]}
			if p.Name == "" {
				sheet[i].Name = p.ID
			}
		}
		return true, paper.Cards(w, s.lang, sheet)
	})
	return cards, err
}

// writeNew writes a file that was not there, for its owner alone; it is taken away
// again where nothing is to stay.
func writeNew(path string, write func(io.Writer) (bool, error)) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return usage("写 %s：%w；用 --out 换一个文件", "write %s: %w; choose another file with --out", filepath.Base(path), err)
	}
	stays, err := write(f)
	if closed := f.Close(); err == nil && closed != nil {
		return fault("写 %s：%w", "write %s: %w", path, closed)
	}
	if !stays {
		os.Remove(path)
	}
	return err
}

// grantPlaces says roles with the names of their places, for a card.
func (s *shell) grantPlaces(grants []client.Grant, areas []client.Area) string {
	words := make([]string, len(grants))
	for i, g := range grants {
		role := word(s, roles, g.Role)
		words[i] = strings.TrimSpace(placeName(areas, g.Area) + " " + role)
	}
	return strings.Join(words, s.say("；", "; "))
}

// placeName is an area with the one above it, but not the county.
func placeName(areas []client.Area, id string) string {
	for _, a := range areas {
		if a.ID != id {
			continue
		}
		if above := placeName(areas, a.Parent); above != "" && a.Parent != areas[0].ID {
			if last := above[len(above)-1]; last < 0x80 { // Latin letters need something between
				above += ", "
			}
			return above + a.Name
		}
		return a.Name
	}
	return ""
}
