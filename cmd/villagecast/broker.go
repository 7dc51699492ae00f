package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/villagecast/villagecast/scheduler/broker"
	"github.com/villagecast/villagecast/scheduler/client"
)

func brokerCommand(s *shell) *cobra.Command {
	return parent("broker", s.say("用自己的消息服务器", "For a broker of your own"), brokerMosquitto(s))
}

// written is what broker mosquitto did.
type written struct {
	Conf string   `json:"conf"`
	Cut  []string `json:"cut,omitempty"`
}

func brokerMosquitto(s *shell) *cobra.Command {
	o := broker.MosquittoOptions{Address: "0.0.0.0"}
	var dir, pid string
	var hosts []string
	cmd := query(s, "mosquitto", s.say("写出 Mosquitto 的配置、访问列表和吊销的证书列表；在中心的机器上用", "Writes Mosquitto's configuration, access list and list of revoked certificates; on the centre's machine"), exactly(),
		func(ctx context.Context, c *client.Client, _ []string) (written, error) {
			if len(hosts) == 0 {
				return written{}, usage("用 --host 写明终端连消息服务器用的名字或地址", "give --host, the name or address under which units reach the broker")
			}
			out, err := writeBroker(ctx, c, o, dir, hosts)
			if err != nil || pid == "" {
				return out, err
			}
			if err := hangUp(pid); err != nil {
				return out, err
			}
			cut, err := c.CutRevoked(ctx)
			out.Cut = cut.Units
			return out, err
		},
		func(w written) {
			s.printf("%s\n", s.say("已写入 "+w.Conf, w.Conf+" written"))
			if len(w.Cut) > 0 {
				s.printf("%s\n", s.say("已断开：", "cut off: ")+s.list(w.Cut))
			}
		})
	f := cmd.Flags()
	f.StringVar(&dir, "out", "mosquitto", s.say("文件放在哪个目录；Mosquitto 的用户要能读", "directory for the files; Mosquitto's user must be able to read it"))
	f.StringSliceVar(&hosts, "host", nil, s.say("终端连消息服务器用的名字或地址；可重复", "name or address under which units reach the broker; may be repeated"))
	f.StringVar(&o.Address, "address", o.Address, s.say("监听的地址", "address to listen on"))
	f.IntVar(&o.Port, "port", 8883, s.say("监听的端口", "port to listen on"))
	f.StringVar(&o.RunAs, "user", "", s.say("由 root 启动时，Mosquitto 换成哪个系统用户", "system user that Mosquitto becomes, if root starts it"))
	f.StringVar(&pid, "pid", "", s.say("写着 Mosquitto 进程号的文件，或进程号本身：让它重新读文件，断开已吊销的设备", "file with the process id of Mosquitto, or the id itself: it reads the files anew, and connections of revoked devices end"))
	return cmd
}

// writeBroker has the centre make the files, and writes them.
func writeBroker(ctx context.Context, c *client.Client, o broker.MosquittoOptions, dir string, hosts []string) (w written, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return w, err
	}
	files, err := c.BrokerFiles(ctx, client.BrokerSpec{Hosts: hosts})
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return w, err
	}
	certified := broker.MosquittoCertified(files)
	o.Certified = &certified
	w.Conf, err = broker.MosquittoFiles(dir, o)
	return w, err
}

// hangUp lets Mosquitto read its files anew.
func hangUp(pid string) error {
	if text, err := os.ReadFile(pid); err == nil {
		pid = strings.TrimSpace(string(text))
	}
	n, err := strconv.Atoi(pid)
	if err != nil || n <= 1 {
		return usage("--pid %q 既不是进程号，也不是写着进程号的文件", "--pid %q is neither a process nor a file that holds one", pid)
	}
	p, err := os.FindProcess(n)
	if err == nil {
		err = p.Signal(syscall.SIGHUP)
	}
	if err != nil {
		return fault("让 Mosquitto 重新读文件：%w", "let Mosquitto read its files anew: %w", err)
	}
	return nil
}
