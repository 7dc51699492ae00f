package doctor

import (
	"fmt"
	"strings"
)

// phrase is what is found and what helps, in Chinese and in English. The same
// values are filled into both; %.0s leaves one out.
type phrase struct{ zh, en, zhRemedy, enRemedy string }

// line writes one line out. The part of its code before the dot names the check.
func line(v Verdict, code string, chinese bool, args ...any) Line {
	w := words[code]
	text, remedy := w.en, w.enRemedy
	if chinese {
		text, remedy = w.zh, w.zhRemedy
	}
	check, _, _ := strings.Cut(code, ".")
	return Line{Check: check, Code: code, Verdict: v, Text: fill(text, args), Remedy: fill(remedy, args)}
}

// fill puts in as many values as the text asks for.
func fill(text string, args []any) string {
	return fmt.Sprintf(text, args[:min(len(args), strings.Count(text, "%")-2*strings.Count(text, "%%"))]...)
}

var words = map[string]phrase{
	"centre.answers":     {"中心在 %s 应答", "the centre answers at %s", "", ""},
	"centre.silent":      {"中心在 %s 没有应答：%v", "the centre does not answer at %s: %v", "启动中心（villagecast serve），或用 --data、--server 指明是哪一个", "start it (villagecast serve), or say which with --data or --server"},
	"centre.certificate": {"自备证书的新文件没有被采用：%s", "the new files of your own certificate are not in use: %s", "放入配套的证书链和私钥；原来的证书仍在使用", "put a chain and the key that belongs to it there; the one before is still in use"},
	"centre.ours":        {"%s 后面确实是这个中心", "behind %s is this very centre", "", ""},
	"centre.stranger":    {"%s 应答的不是这个中心", "it is not this centre that answers at %s", "检查域名解析、端口转发和代理的上游地址；代理要放行 /about", "look at the name's address, the port forward and the proxy's upstream; the proxy must pass /about on"},

	"clock.right":  {"时钟一致（相差 %v），有授时服务", "the clock agrees (%v apart) and a time service keeps it", "", ""},
	"clock.apart":  {"中心的时钟与本机相差 %v", "the centre's clock is %v from this machine's", "看看哪一边没有对时：timedatectl", "see which of them is not kept: timedatectl"},
	"clock.wrong":  {"中心的时钟与本机相差 %v", "the centre's clock is %v from this machine's", "先对时（timedatectl set-ntp true），再签发别的内容", "set it (timedatectl set-ntp true) before anything else is released"},
	"clock.unkept": {"没有授时服务校准中心的时钟", "no time service keeps the centre's clock", "打开一个：timedatectl set-ntp true", "turn one on: timedatectl set-ntp true"},

	"disk.free": {"数据盘还剩 %d GB", "%d GB are free on the data's disk", "", ""},
	"disk.low":  {"数据盘只剩 %d MB", "only %d MB are free on the data's disk", "腾出空间，或换大一些的盘", "free room, or give it a larger disk"},
	"disk.full": {"数据盘几乎满了，只剩 %d MB", "the data's disk is nearly full: %d MB are left", "马上腾出空间：盘满了什么也记不下来", "free room at once: on a full disk nothing can be decided"},

	"broker.open":   {"终端用的 MQTT 地址 %s 可以连上", "the MQTT address of the units, %s, is open", "", ""},
	"broker.closed": {"终端用的 MQTT 地址 %s 连不上：%v", "nobody can connect to the units' MQTT address, %s: %v", "检查 public_mqtt、防火墙和端口转发", "look at public_mqtt, the firewall and the port forward"},
	"broker.deaf":   {"中心听不到终端：%s", "the centre does not hear its units: %s", "检查消息服务器是否在运行、日志里说了什么", "see whether the broker runs, and what its log says"},

	"database.whole":     {"数据库完好", "the database is whole", "", ""},
	"database.damaged":   {"数据库损坏：%s", "the database is damaged: %s", "停下中心，整个数据目录留一份，再用最近的备份恢复 villagecast.db", "stop the centre, keep a copy of the data directory, restore villagecast.db from the last backup"},
	"database.unread":    {"数据库读不了：%v", "the database cannot be read: %v", "用中心的用户运行；再试 villagecast check", "run as the centre's user; then villagecast check"},
	"database.elsewhere": {"%s 里没有数据库：只能在中心自己的机器上检查", "there is no database in %s: it is looked at on the centre's own machine only", "", ""},

	"backup.fresh":   {"最近的备份：%s", "the last backup is of %s", "", ""},
	"backup.old":     {"最近的备份还是 %s 的", "the last backup is of %s", "每天备份一次：docs/operations.md 的 Backup 一节", "make one each day: docs/operations.md, Backup"},
	"backup.none":    {"%s 里没有备份", "there is no backup in %s", "每天备份一次：docs/operations.md 的 Backup 一节", "make one each day: docs/operations.md, Backup"},
	"backup.unknown": {"不知道备份放在哪里", "nobody said where the backups are", "用 --backup 指明目录；还没有备份就照 docs/operations.md 的 Backup 一节做", "give their directory with --backup; if there are none see docs/operations.md, Backup"},
	"backup.unread":  {"备份读不了：%v", "the backups cannot be read: %v", "用能读它的用户运行", "run as a user who may read them"},

	"public.unset": {"没有设置 public_url：登录卡上印的是 %s，手机在外面未必打得开", "no public_url is set: cards say %s, which phones may not reach from outside", "照 docs/operations.md 的 Phones 一节设置", "set it up as docs/operations.md, Phones, says"},
	"public.bad":   {"public_url 不是网址：%s", "public_url is no URL: %s", "写成 https://域名", "write https://name"},
	"cards.right":  {"登录卡和链接指向 %s", "cards and links lead to %s", "", ""},
	"cards.wrong":  {"登录卡和链接指向 %s，不是 %s", "cards and links lead to %s, not to %s", "改好 public_url 后重新启动中心", "set public_url, and start the centre again"},

	"name.found":   {"%s 解析为 %s", "%s is found at %s", "", ""},
	"name.unknown": {"域名 %s 解析不了", "nobody knows the name %s", "在域名服务商那里为它加一条 A 或 AAAA 记录", "add an A or AAAA record for it where the domain is kept"},
	"name.private": {"%s 解析为内网地址 %s，手机在外面到不了", "%s is found at %s, an inner address that phones do not reach from outside", "从外面的网络再检查一次，或改解析记录", "look again from another network, or change the record"},
	"port.open":    {"%s 可以连上", "%s is open", "", ""},
	"port.closed":  {"%s 连不上：%v", "nobody can connect to %s: %v", "检查代理是否在运行、防火墙和端口转发", "see whether the proxy runs; look at the firewall and the port forward"},

	"certificate.good":      {"证书有效，到 %s，还有 %d 天", "the certificate is good until %s, for %d days", "", ""},
	"certificate.ends":      {"证书 %s 到期，只剩 %d 天", "the certificate ends on %s, in %d days", "看看自动续期为什么没有做：代理的日志，或 certbot renew", "see why it was not renewed: the proxy's log, or certbot renew"},
	"certificate.over":      {"证书 %s 就过期了", "the certificate ended on %s", "马上续期：代理的日志，或 certbot renew", "renew it at once: the proxy's log, or certbot renew"},
	"certificate.untrusted": {"手机不认这张证书（签发者 %s）：%v", "phones do not trust this certificate, signed by %s: %v", "用公共机构签发的证书，并带上整条证书链（fullchain）", "use one of a public authority, with its whole chain (fullchain)"},
	"certificate.other":     {"证书不是给 %s 的，而是给 %s 的", "the certificate is not for %s, but for %s", "为 public_url 的域名申请一张", "get one for the name in public_url"},
	"certificate.none":      {"%s 不会 TLS：%v", "%s speaks no TLS: %v", "在代理里打开 TLS，见 docs/operations.md 的 Phones 一节", "turn TLS on in the proxy: docs/operations.md, Phones"},

	"door.narrow":     {"外面只到得了手机用的入口", "from outside only the phones' door is reached", "", ""},
	"door.wide":       {"从外面（%s）也能到管理入口", "the administration is reached from outside too, at %s", "用 listen.phones 给手机单独的入口，让代理指向它", "give phones a listener of their own with listen.phones, and point the proxy there"},
	"proxy.right":     {"代理说明了替谁来问（看到的是 %s）", "the proxy says for whom it asks (seen: %s)", "", ""},
	"proxy.none":      {"中间没有代理（看到的是 %s）", "there is no proxy between (seen: %s)", "", ""},
	"proxy.unknown":   {"中间有代理 %s，中心不信任它：所有人看起来都是同一个地址", "there is a proxy between, %s, which the centre does not trust: all callers look the same", "在中心的设置里写 trusted_proxies: [%s]", "write trusted_proxies: [%s] into the centre's settings"},
	"proxy.mute":      {"代理 %s 不说替谁来问", "the proxy %s does not say for whom it asks", "让它设置 X-Forwarded-For，见 configs 里的样例", "have it set X-Forwarded-For, as the samples in configs do"},
	"proxy.plain":     {"代理 %s 不说外面用的是 https", "the proxy %s does not say that it was asked under https", "让它设置 X-Forwarded-Proto，见 configs 里的样例", "have it set X-Forwarded-Proto, as the samples in configs do"},
	"proxy.credulous": {"来访者自己写的 %s 被当真了", "what callers write into %s is believed", "让代理改写这个头，不要原样放行，见 configs 里的样例", "have the proxy write that header anew, as the samples in configs do, and not pass it on"},
	"host.same":       {"代理没有改动域名", "the name arrives as it was asked for", "", ""},
	"host.changed":    {"代理把域名改成了 %s，应为 %s", "the proxy changes the name to %s; it should be %s", "让它原样传递 Host，见 configs 里的样例", "have it pass Host on, as the samples in configs do"},

	"hsts.good":  {"浏览器会记住只用 https（%d 天）", "browsers remember for %d days to come under https alone", "", ""},
	"hsts.none":  {"没有要求只用 https，这里正应如此", "nothing insists on https, as it should be here", "", ""},
	"hsts.short": {"没有要求浏览器只用 https（Strict-Transport-Security: %q）", "browsers are not told to come under https alone (Strict-Transport-Security: %q)", "让代理传递 Host 和 X-Forwarded-Proto，中心自己会加上", "have the proxy pass Host and X-Forwarded-Proto on: the centre adds it by itself"},
	"hsts.wide":  {"Strict-Transport-Security 管到了别的域名：%q", "Strict-Transport-Security binds other names too: %q", "去掉代理里的 includeSubDomains 和 preload", "take includeSubDomains and preload out of the proxy"},
	"hsts.here":  {"%s 上不该有 Strict-Transport-Security", "there should be no Strict-Transport-Security at %s", "从代理里去掉它", "take it out of the proxy"},

	"stream.flows":  {"事件随发随到", "events come as they happen", "", ""},
	"stream.kept":   {"代理把事件攒在一起才放行（%v 之内全到）", "the proxy keeps events until there are many (all came within %v)", "关掉缓冲：nginx 用 proxy_buffering off，Caddy 用 flush_interval -1", "turn buffering off: proxy_buffering off in nginx, flush_interval -1 in Caddy"},
	"stream.broken": {"事件流断了：%d / %d", "the event stream breaks off: %d of %d came", "检查代理的超时设置", "look at the proxy's timeouts"},
	"stream.none":   {"事件流打不开：%v", "the event stream does not open: %v", "检查代理的设置", "look at the proxy's settings"},

	"units.good":      {"终端入口的证书有效，到 %s，还有 %d 天", "the units' listener has a good certificate until %s, for %d days", "", ""},
	"units.ends":      {"终端入口的证书 %s 到期，只剩 %d 天", "the certificate of the units' listener ends on %s, in %d days", "重新启动中心：它自己会换新的", "start the centre again: it makes a new one by itself"},
	"units.over":      {"终端入口的证书 %s 就过期了", "the certificate of the units' listener ended on %s", "看看中心的时钟，再重新启动它", "look at the centre's clock, then start it again"},
	"units.untrusted": {"终端入口的证书不是中心自己签的（%s）：%v", "the certificate of the units' listener is not the centre's own (%s): %v", "终端只信任中心自己：不要在它前面放解开 TLS 的代理", "units trust the centre alone: put no proxy before it that ends TLS"},
	"units.other":     {"终端入口的证书不是给 %s 的，而是给 %s 的", "the certificate of the units' listener is not for %s, but for %s", "把 public_http 里的名字写进 hosts，再重新启动", "write the name in public_http into hosts, and start again"},
	"units.closed":    {"终端入口 %s 连不上：%v", "nobody can connect to the units' listener, %s: %v", "检查 public_http、防火墙和端口转发", "look at public_http, the firewall and the port forward"},
	"units.bad":       {"终端入口的地址不对：%q", "the address of the units' listener is wrong: %q", "改好 public_http", "set public_http"},
	"units.unknown":   {"这里没有 ca.pem，看不了终端入口的证书", "there is no ca.pem here, so the units' certificate cannot be judged", "", ""},
	"units.plain":     {"终端入口 %s 没有 TLS，只能在这台机器上用", "the units' listener %s has no TLS, and is good on this machine only", "让它监听本机以外的地址：listen.units", "let it listen beyond this machine: listen.units"},
	"units.asks":      {"终端入口要求终端出示证书", "the units' listener asks units for their certificates", "", ""},
	"units.trusting":  {"终端入口不要求终端出示证书：终端没法证明自己", "the units' listener does not ask units for certificates, and so they cannot prove themselves", "不要在它前面放解开 TLS 的代理，端口原样转发", "put no proxy before it that ends TLS: forward the port as it is"},
	"units.ours":      {"%s 后面确实是这个中心", "behind %s is this very centre", "", ""},
	"units.stranger":  {"%s 应答的不是这个中心", "it is not this centre that answers at %s", "检查 public_http 和端口转发", "look at public_http and the port forward"},
}
