package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func areasCommand(s *shell) *cobra.Command {
	return parent("areas", s.say("县、镇、村的区域树", "The tree of county, towns and villages"),
		areasList(s), areasPut(s),
		removal(s, "remove ID", s.say("删除没有任何内容的区域", "Removes an area that holds nothing"), "area", (*client.Client).RemoveArea))
}

func areasList(s *shell) *cobra.Command {
	return query(s, "list", s.say("按树列出区域", "Lists the areas as a tree"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.Area, error) { return c.Areas(ctx) },
		func(areas []client.Area) {
			t := newTable(s.say("区域", "AREA"), s.say("编号", "ID"), s.say("区划代码", "CODE"), s.say("联系人", "CONTACT"))
			addTree(t, areas, "", 0)
			t.print(s.out)
		})
}

func addTree(t *table, areas []client.Area, parent string, depth int) {
	for _, a := range areas {
		if a.Parent == parent && depth < 16 {
			t.add(strings.Repeat("  ", depth)+a.Name, a.ID, dash(a.Code), dash(a.Contact))
			addTree(t, areas, a.ID, depth+1)
		}
	}
}

func areasPut(s *shell) *cobra.Command {
	var a client.Area
	cmd := query(s, "put ID", s.say("添加或修改区域", "Makes or changes an area"), exactly("ID"),
		func(ctx context.Context, c *client.Client, args []string) (client.Area, error) {
			a.ID = args[0]
			return c.PutArea(ctx, a)
		},
		func(a client.Area) { s.tell("区域 "+a.ID+"："+a.Name, "area "+a.ID+": "+a.Name) })
	f := cmd.Flags()
	f.StringVar(&a.Parent, "parent", "", s.say("上级区域的编号；县没有上级", "id of the area above; none for the county"))
	f.StringVar(&a.Name, "name", "", s.say("名称", "name"))
	f.StringVar(&a.Code, "code", "", s.say("12 位区划代码", "12-digit division code"))
	f.StringVar(&a.Contact, "contact", "", s.say("找谁：姓名和电话", "whom to call: name and phone"))
	return cmd
}
