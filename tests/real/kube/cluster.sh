#!/usr/bin/env bash
# A real one-node Kubernetes on this machine, as root: etcd, control plane, containerd, kubelet, and a registry.
# Usage: cluster.sh up|down|keep|start|kill|pause|continue DIR INDEX [PART]
#   up, down      bring the cluster in DIR up; end it, and what a crash left of it
#   keep          wait until nobody holds a lock on DIR.users any more, then down (tests: see shared.py)
#   start, kill   one PART (apiserver) again, or SIGKILL it;  pause, continue: SIGSTOP and SIGCONT
# INDEX 0..9 tells the clusters of one machine apart (ports, bridge, subnets).
# Needs in DIR: pause.tar (the sandbox image) and registry/config.yml; in $KUBE_BIN the binaries. cluster.py puts them there.
# KUBE_PROXY=1 adds kube-proxy (Services answer inside the cluster and from this host): for one cluster of a machine.
set -euo pipefail
cmd=${1:?command}; dir=${2:?directory}; i=${3:?index}; part=${4:-}
here=$(cd "$(dirname "$0")" && pwd); bin=${KUBE_BIN:-}
api=$((6443 + i * 100)); etcd=$((2379 + i * 100)); kubelet=$((10250 + i * 100))
net=10.244.$i; bridge=ldmcni$i; services=10.96.$((i * 8))
mkdir -p "$dir"; cd "$dir"; dir=$PWD; mkdir -p pki log cni

# --- processes: NAME.pid holds the id and the time it started, so that a reused id is never taken for ours

started() { awk '{sub(/.*\) /, ""); if ($1 != "Z") print $20}' "/proc/$1/stat" 2>/dev/null; }
spawn() { local name=$1; shift; setsid "$@" >>"log/$name.log" 2>&1 </dev/null & echo "$! $(started $!)" >"$name.pid"; }
pid_of() {
  local pid since; read -r pid since 2>/dev/null <"$1.pid" || return 1
  [ -n "$since" ] && [ "$(started "$pid")" = "$since" ] && echo "$pid"
}
signal() { local pid; pid=$(pid_of "$2") || return 1; kill "-$1" -- "-$pid" 2>/dev/null || kill "-$1" "$pid" 2>/dev/null; }
# What a cluster knew is thrown away with it: nobody is asked to end in good order.
stop() {
  signal KILL "$1" || true
  for _ in $(seq 50); do pid_of "$1" >/dev/null || break; sleep .1; done
  rm -f "$1.pid"
}
wait_for() {
  local what=$1; shift
  for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep .2; done
  echo "cluster: $what did not come up; see $dir/log" >&2; exit 1
}

# What no pid file names any more: a part that was started in this very directory, or a shim that outlived its
# containerd, which names the socket.
stray() {
  local part; part=$(cat "$1/comm" 2>/dev/null) || return 1
  case $part in
    etcd | kube-* | kubelet | containerd | docker-registry | socat) case $(readlink "$1/cwd") in "$dir" | "$dir (deleted)") return 0 ;; esac ;;
    containerd-shim*) tr '\0' ' ' <"$1/cmdline" 2>/dev/null | grep -qF -- "-address $dir/containerd.sock " && return 0 ;;
  esac
  return 1
}

down() {
  # The kubelet first, so that nothing restarts; then every container of this containerd, then the daemons.
  rm -f ready
  stop kubelet
  if pid_of containerd >/dev/null; then
    local ctr="ctr -a $dir/containerd.sock -n k8s.io"
    timeout 10 $ctr tasks ls -q 2>/dev/null | xargs -r -P4 -n1 timeout 10 $ctr tasks rm -f >/dev/null 2>&1 || true
  fi
  for each in proxy forward sched kcm apiserver etcd containerd registry; do stop "$each"; done
  for process in /proc/[0-9]*; do
    ! stray "$process" || kill -KILL "${process#/proc/}" 2>/dev/null || true
  done
  awk -v d="$dir/" 'index($2, d) == 1 {print $2}' /proc/mounts | sort -r | xargs -r -n1 umount -l 2>/dev/null || true
  ip link del "$bridge" 2>/dev/null || true
}

# --- what it is made of

certificates() {
  [ -f pki/ca.crt ] && return
  local ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
  openssl req -x509 $ec -days 30 -subj /CN=ldm-test-ca -keyout pki/ca.key -out pki/ca.crt
  openssl genrsa -out pki/sa.key 2048
  issue() {
    openssl req $ec -subj "$2" -keyout "pki/$1.key" -out "pki/$1.csr"
    openssl x509 -req -in "pki/$1.csr" -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -days 30 -out "pki/$1.crt" -extfile <(
      printf 'subjectAltName=DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:%s.1,IP:%s.1\nextendedKeyUsage=serverAuth,clientAuth' "$net" "$services")
  }
  issue apiserver /CN=kube-apiserver
  issue admin /O=system:masters/CN=admin
  issue kcm /CN=system:kube-controller-manager
  issue sched /CN=system:kube-scheduler
  issue kubelet "/O=system:nodes/CN=system:node:node$i"
  issue proxy /CN=system:kube-proxy
}

kubeconfig() {
  cat >"$1.kubeconfig" <<Y
apiVersion: v1
kind: Config
clusters: [{name: ldm$i, cluster: {server: "https://127.0.0.1:$api", certificate-authority: "$dir/pki/ca.crt"}}]
users: [{name: $1$i, user: {client-certificate: "$dir/pki/$1.crt", client-key: "$dir/pki/$1.key"}}]
contexts: [{name: ldm$i, context: {cluster: ldm$i, user: $1$i}}]
current-context: ldm$i
Y
}

network() {
  ip link add "$bridge" type bridge 2>/dev/null || true
  ip addr replace "$net.1/24" dev "$bridge"; ip link set "$bridge" up
  sysctl -qw net.ipv4.ip_forward=1 || true
  cat >cni/10-bridge.conflist <<Y
{"cniVersion": "1.0.0", "name": "ldm$i", "plugins": [
  {"type": "bridge", "bridge": "$bridge", "isGateway": true, "hairpinMode": true, "ipam": {"type": "host-local", "dataDir": "$dir/ipam",
   "ranges": [[{"subnet": "$net.0/24", "rangeStart": "$net.10"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
Y
}

start_etcd() {
  local peer="http://127.0.0.1:$((etcd + 1))"
  spawn etcd etcd --data-dir "$dir/etcd" --unsafe-no-fsync --listen-client-urls "http://127.0.0.1:$etcd" --advertise-client-urls "http://127.0.0.1:$etcd" \
    --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer"
}

start_apiserver() {
  spawn apiserver "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$etcd" --bind-address=127.0.0.1 --secure-port="$api" \
    --tls-cert-file=pki/apiserver.crt --tls-private-key-file=pki/apiserver.key --client-ca-file=pki/ca.crt \
    --kubelet-preferred-address-types=InternalIP --kubelet-client-certificate=pki/admin.crt --kubelet-client-key=pki/admin.key \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=pki/sa.key --service-account-signing-key-file=pki/sa.key \
    --service-cluster-ip-range="$services.0/21" --authorization-mode=Node,RBAC --endpoint-reconciler-type=none --feature-gates=ImageVolume=true \
    --audit-policy-file="$here/audit-policy.yaml" --audit-log-path="$dir/audit.log"
  wait_for apiserver curl -skf --max-time 2 "https://127.0.0.1:$api/readyz"
}

start_kcm() {
  spawn kcm "$bin/kube-controller-manager" --kubeconfig=kcm.kubeconfig --secure-port=$((10257 + i * 100)) --service-account-private-key-file=pki/sa.key \
    --root-ca-file=pki/ca.crt --use-service-account-credentials --leader-elect=false --cluster-cidr="$net.0/24" --node-cidr-mask-size=24 --allocate-node-cidrs
}

start_sched() {
  spawn sched "$bin/kube-scheduler" --kubeconfig=sched.kubeconfig --secure-port=$((10259 + i * 100)) --leader-elect=false
}

start_containerd() {
  cat >containerd.toml <<Y
version = 2
root = "$dir/containerd/root"
state = "$dir/containerd/state"
[grpc]
  address = "$dir/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  # Where CAP_SYS_RESOURCE is missing (we may run in a container ourselves) scores cannot be lowered.
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$dir/cni"
$(for p in $(seq 5000 5009); do printf '  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."127.0.0.1:%s"]\n    endpoint = ["http://127.0.0.1:%s"]\n' "$p" "$p"; done)
Y
  spawn containerd containerd -c containerd.toml
  wait_for containerd ctr -a containerd.sock version
  ctr -a containerd.sock -n k8s.io images import pause.tar >log/pause.log 2>&1
}

start_kubelet() {
  cat >kubelet.yaml <<Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $net.1
port: $kubelet
healthzPort: $((kubelet + 2))
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: "$dir/pki/ca.crt"}}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /
cgroupsPerQOS: false
enforceNodeAllocatable: []
containerRuntimeEndpoint: unix://$dir/containerd.sock
failSwapOn: false
failCgroupV1: false
resolvConf: ""
evictionHard: {memory.available: 100Mi, nodefs.available: 1%, imagefs.available: 1%, nodefs.inodesFree: 1%}
nodeStatusUpdateFrequency: 2s
syncFrequency: 5s
makeIPTablesUtilChains: false
maxPods: 200
# Kubelets of one machine would take each other's logs for orphans, and delete them.
podLogsDir: "$dir/pod-logs"
Y
  spawn kubelet "$bin/kubelet" --config=kubelet.yaml --kubeconfig=kubelet.kubeconfig --hostname-override="node$i" --node-ip="$net.1" --root-dir="$dir/kubelet" --cert-dir="$dir/pki/kubelet"
}

start_proxy() {
  cat >proxy.yaml <<Y
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
bindAddress: $net.1
healthzBindAddress: 127.0.0.1:$((10256 + i * 100))
metricsBindAddress: 127.0.0.1:$((10249 + i * 100))
clientConnection: {kubeconfig: "$dir/proxy.kubeconfig"}
clusterCIDR: $net.0/24
hostnameOverride: node$i
mode: iptables
conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
Y
  spawn proxy "$bin/kube-proxy" --config=proxy.yaml
}

curl_api() { curl -sf --max-time 5 --cacert pki/ca.crt --cert pki/admin.crt --key pki/admin.key "$@"; }
service_of_the_api() {
  wait_for "the default namespace" curl_api "https://127.0.0.1:$api/api/v1/namespaces/default"
  curl_api -H 'Content-Type: application/json' "https://127.0.0.1:$api/apis/discovery.k8s.io/v1/namespaces/default/endpointslices" >/dev/null -d "{
    \"apiVersion\": \"discovery.k8s.io/v1\", \"kind\": \"EndpointSlice\", \"metadata\": {\"name\": \"kubernetes\", \"labels\": {\"kubernetes.io/service-name\": \"kubernetes\"}},
    \"addressType\": \"IPv4\", \"ports\": [{\"name\": \"https\", \"port\": $api, \"protocol\": \"TCP\"}], \"endpoints\": [{\"addresses\": [\"$net.1\"]}]}" || true
}
node_ready() {
  curl_api "https://127.0.0.1:$api/api/v1/nodes/node$i" | tr -d ' \n' |
    grep -q '"status":"True","lastHeartbeatTime":"[^"]*","lastTransitionTime":"[^"]*","reason":"KubeletReady"'
}

up() {
  : "${KUBE_BIN:?directory with the Kubernetes binaries}"
  certificates 2>log/certificates.log || { cat log/certificates.log >&2; exit 1; }
  for user in admin kcm sched kubelet proxy; do kubeconfig "$user"; done
  network
  spawn registry docker-registry serve registry/config.yml
  start_etcd
  start_apiserver
  start_kcm
  start_sched
  # Pods reach the API server, which listens on loopback only, through the bridge.
  spawn forward socat "TCP-LISTEN:$api,bind=$net.1,fork,reuseaddr" "TCP:127.0.0.1:$api"
  start_containerd
  start_kubelet
  [ -z "${KUBE_PROXY:-}" ] || start_proxy
  service_of_the_api
  wait_for "node$i" node_ready
  touch ready
}

keep() {
  exec 9>"$dir.users"; flock -x 9
  # The directory was made anew since. Logs stay for whoever asks why; the next `up` takes them away.
  mkdir -p "$dir"; cd "$dir"
  down 9>&-
  rm -rf containerd kubelet etcd ipam registry/data pause.tar
}

case $cmd in
  up | down | keep) "$cmd" ;;
  start) stop "${part:?part}"; "start_$part" ;;
  kill) signal KILL "${part:?part}" ;;
  pause) signal STOP "${part:?part}" ;;
  continue) signal CONT "${part:?part}" ;;
  *) echo "cluster: no command $cmd" >&2; exit 2 ;;
esac
