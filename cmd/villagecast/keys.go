package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/client"
)

func keysCommand(s *shell) *cobra.Command {
	return parent("keys", s.say("中心签名用的密钥", "The keys with which the centre signs"), keysList(s), keysRotate(s))
}

func keysList(s *shell) *cobra.Command {
	return query(s, "list", s.say("列出签名密钥，包括以前的", "Lists the signing keys, those of before too"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) ([]client.SigningKey, error) {
			return c.SigningKeys(ctx)
		},
		func(all []client.SigningKey) {
			t := newTable(s.say("密钥", "KEY"), s.say("启用", "SINCE"), s.say("停用", "TAKEN OUT"))
			for _, k := range all {
				t.add(k.ID, s.clock(k.Created), s.clockOf(k.Removed))
			}
			t.print(s.out)
		})
}

func keysRotate(s *shell) *cobra.Command {
	var root string
	cmd := query(s, "rotate", s.say("换一把新的签名密钥，停用旧的；在中心的机器上用，要有根密钥", "Makes a new signing key and takes the one before out; on the centre's machine, with the signing root"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) (client.SigningKey, error) {
			if root != "" {
				var err error
				if root, err = filepath.Abs(root); err != nil { // the centre stands elsewhere
					return client.SigningKey{}, err
				}
			}
			return c.RotateKeys(ctx, client.RotateSpec{Root: root})
		},
		func(k client.SigningKey) {
			s.printf("%s\n", s.say(fmt.Sprintf("现在用 %s 签名，旧密钥已停用；请把根密钥文件收回", k.ID),
				fmt.Sprintf("%s signs from now on, the key before is out; take the file of the signing root away again", k.ID)))
		})
	cmd.Flags().StringVar(&root, "root", "", s.say("根密钥文件（默认：数据目录里的 root.key）", "file of the signing root (default: root.key in the data directory)"))
	return cmd
}
