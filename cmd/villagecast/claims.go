package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/device/wire"
	"github.com/villagecast/villagecast/scheduler/client"
)

// issued is what units claim did: the files, never the codes themselves.
type issued struct {
	client.Claim
	Name string `json:"name"`
	File string `json:"file"`
}

func unitsClaim(s *shell) *cobra.Command {
	var spec client.ClaimSpec
	var dir string
	var outputs []string
	cmd := query(s, "claim [ID]...", s.say("为要入网的每台设备写一个文件，放在 U 盘或卡里：一次有效，90 天内用", "Writes a file for the stick or card of each device that is to become a unit's: once, within 90 days"), cobra.ArbitraryArgs,
		func(ctx context.Context, c *client.Client, args []string) ([]issued, error) {
			if (spec.New > 0) == (len(args) > 0) {
				return nil, usage("写出终端，或用 --new N 为还没有位置的设备要 N 个", "name units, or give --new N for devices without a place yet")
			}
			spec.Units = args
			for _, o := range outputs {
				spec.Outputs = append(spec.Outputs, wire.Output(o))
			}
			return writeClaims(ctx, c, spec, dir)
		},
		func(all []issued) {
			t := newTable(s.say("终端", "UNIT"), s.say("名称", "NAME"), s.say("有效期至", "GOOD UNTIL"), s.say("文件", "FILE"))
			for _, c := range all {
				t.add(c.Unit, c.Name, s.clock(c.Ends), c.File)
			}
			t.print(s.out)
		})
	f := cmd.Flags()
	f.IntVar(&spec.New, "new", 0, s.say("先做这么多还没有位置的终端，以后用 units place 安置", "make so many units that have no place yet; units place binds them later"))
	f.StringVar(&spec.Area, "area", "", s.say("在此之前归哪个区域管（默认：县）", "who looks after the new ones until then (default: the county)"))
	f.StringSliceVar(&outputs, "outputs", []string{"sound"}, s.say("新终端的输出：sound、screen 或都写", "of the new ones: sound, screen or both"))
	f.StringVar(&dir, "out", ".", s.say("文件放在哪个目录，文件名为 ID.yaml", "directory for the files, ID.yaml"))
	return cmd
}

// writeClaims makes sure of the directory before it asks the centre, because the
// codes are given only once.
func writeClaims(ctx context.Context, c *client.Client, spec client.ClaimSpec, dir string) ([]issued, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fault("写入网码：%w；用 --out 换一个目录", "write claims: %w; choose another directory with --out", err)
	}
	claims, err := c.IssueClaims(ctx, spec)
	if err != nil {
		return nil, err
	}
	return claimFiles(claims, dir)
}

// claimFiles writes the file of each claim for its device's stick or card.
func claimFiles(claims []client.IssuedClaim, dir string) ([]issued, error) {
	out := make([]issued, 0, len(claims))
	for _, k := range claims {
		file := filepath.Join(dir, k.Unit+".yaml")
		// An older claim of the unit is void, and so is its file.
		if err := os.WriteFile(file, []byte(k.Settings), 0o600); err != nil {
			return out, fault("写入网码：%w；没写出的可以重新签发", "write claim: %w; claims that were not written can be issued again", err)
		}
		out = append(out, issued{k.Claim, k.Name, file})
	}
	return out, nil
}

func unitsClaims(s *shell) *cobra.Command {
	var out string
	cmd := query(s, "claims [AREA]", s.say("列出还没用的入网码，或把终端标签排成一页打印（A4，HTML）", "Lists claims that wait for their device, or puts their units' stickers on a sheet to print (A4, HTML)"), cobra.MaximumNArgs(1),
		func(ctx context.Context, c *client.Client, args []string) ([]client.Claim, error) {
			all, err := c.Claims(ctx, strings.Join(args, ""))
			if err != nil || out == "" || len(all) == 0 {
				return all, err
			}
			return all, s.printedStickers(ctx, c, all, out)
		},
		func(all []client.Claim) {
			switch {
			case out != "" && len(all) == 0:
				s.printf("%s\n", s.say("没有等着装的终端：没有发出而还没用的入网码", "no claim waits for its device"))
				return
			case out != "":
				s.printf("%s\n", s.say(fmt.Sprintf("%d 张终端标签在 %s", len(all), out), fmt.Sprintf("%d stickers are in %s", len(all), out)))
				return
			}
			t := newTable(s.say("终端", "UNIT"), s.say("签发人", "BY"), s.say("有效期至", "GOOD UNTIL"))
			for _, c := range all {
				t.add(c.Unit, c.By, s.clock(c.Ends))
			}
			t.print(s.out)
		})
	cmd.Flags().StringVarP(&out, "out", "o", "", s.say("标签页写到哪里，如 stickers.html", "where to write the sheet of stickers, such as stickers.html"))
	return cmd
}

// shutOut is a revoked device, which may not have heard that it is to be silent.
type shutOut struct {
	client.Revoked
	Untold bool `json:"untold"`
}

func unitsRevoke(s *shell) *cobra.Command {
	var why string
	cmd := query(s, "revoke ID", s.say("吊销终端的设备，立即生效；换设备要新的入网码", "Shuts out the device of a unit, at once; another one needs a claim"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (out shutOut, err error) {
			if out.Revoked, err = c.RevokeUnit(ctx, args[0], why); err == nil {
				out.Untold, err = untold(ctx, c, args[0])
			}
			return out, err
		},
		func(r shutOut) {
			s.printf("%s\n", s.say(fmt.Sprintf("%s 的设备已吊销（%d 个凭证作废）；新设备用 units claim %s", r.Unit, r.Ended, r.Unit),
				fmt.Sprintf("the device of %s is shut out (%s void); for another one: units claim %s", r.Unit, many(r.Ended, "credential"), r.Unit)))
			s.sayUntold(r.Untold)
		})
	cmd.Flags().StringVar(&why, "why", "", s.say("原因，留作记录", "the reason, for the record"))
	_ = cmd.MarkFlagRequired("why")
	return cmd
}

func unitsCertificates(s *shell) *cobra.Command {
	return query(s, "certificates [AREA]", s.say("列出设备的证书", "Lists the certificates of devices"), cobra.MaximumNArgs(1),
		func(ctx context.Context, c *client.Client, args []string) ([]client.Certificate, error) {
			return c.Certificates(ctx, strings.Join(args, ""))
		},
		func(all []client.Certificate) {
			t := newTable(s.say("终端", "UNIT"), s.say("签发", "ISSUED"), s.say("有效期至", "GOOD UNTIL"), s.say("编号", "SERIAL"))
			for _, c := range all {
				t.add(c.Unit, s.clock(c.Issued), s.clock(c.Ends), c.Serial)
			}
			t.print(s.out)
		})
}

func unitsPlace(s *shell) *cobra.Command {
	var spec client.PlacingSpec
	var position string
	cmd := query(s, "place ID", s.say("安置终端", "Puts a unit in its place"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Unit, error) {
			if position != "" {
				spec.Position = &client.Position{}
				if _, err := fmt.Sscanf(position, "%g,%g", &spec.Position.Lat, &spec.Position.Lon); err != nil {
					return client.Unit{}, usage("--position %q 不是位置：写成 30.123,120.456", "--position %q is no place; write it as 30.123,120.456", position)
				}
			}
			return c.PlaceUnit(ctx, args[0], spec)
		},
		func(u client.Unit) {
			s.printf("%s\n", s.say(fmt.Sprintf("%s 已安置：%s，%s", u.ID, u.Area, u.Name), fmt.Sprintf("%s is in its place: %s, %s", u.ID, u.Area, u.Name)))
		})
	f := cmd.Flags()
	f.StringVar(&spec.Area, "area", "", s.say("所在村的编号", "id of the village in which it stands"))
	f.StringVar(&spec.Name, "name", "", s.say("地点的名称", "name of the place"))
	f.StringVar(&position, "position", "", s.say("纬度和经度，如 30.123,120.456", "latitude and longitude in degrees, such as 30.123,120.456"))
	_ = cmd.MarkFlagRequired("area")
	return cmd
}
