# python3 python-soap.py suds|zeep wsdl|literal <bridge URL>
# Performs a call for each line of standard input, as test/interop/programs.ts says.
import sys

library, mode, bridge = sys.argv[1:]
wsdl = f"{bridge}/api/1.0/soap?wsdl" + ("=literal" if mode == "literal" else "")

if library == "suds":
    from suds import WebFault, sudsobject
    from suds.client import Client

    client = Client(wsdl, cache=None)

    def call(action, values):
        return getattr(client.service, action)(**values)

    def fault_in(error):
        return f"{error.fault.faultcode} {error.fault.faultstring}"

    def fields_of(value):
        return list(value) if isinstance(value, sudsobject.Object) else None

else:
    from zeep import Client, helpers, xsd
    from zeep.exceptions import Fault as WebFault

    client = Client(wsdl)
    operations = client.service._binding._operations

    def call(action, values):
        names = [name for name, _ in operations[action].input.body.type.elements]
        reply = getattr(client.service, action)(**{name: values.get(name, xsd.SkipValue) for name in names})
        # The only part of a reply comes without its name.
        return helpers.serialize_object({"status": reply} if isinstance(reply, str) else reply)

    def fault_in(error):
        return f"{error.code} {error.message}"

    def fields_of(value):
        return list(value.items()) if isinstance(value, dict) else None


def show(key, value, place=""):
    fields = fields_of(value)
    if fields and all(each is None for _, each in fields):
        # So zeep gives a record that is nil.
        value, fields = None, None
    if fields is None:
        print(f"{place}{key}={'nil' if value is None else value}")
    elif fields[0][0] == "item":
        for index, item in enumerate(fields[0][1]):
            show_all(fields_of(item), f"{place}{key}.{index}.")
    else:
        show_all(fields, place)


def show_all(fields, place=""):
    for name, content in fields:
        show(name, content, place)


sys.stdin.reconfigure(encoding="utf-8")
sys.stdout.reconfigure(encoding="utf-8")
for line in sys.stdin:
    action, *words = line.rstrip("\n").split("\t")
    try:
        reply = call(action, dict(word.split("=", 1) for word in words))
        show_all(fields_of(reply) or [("status", reply)])
    except WebFault as error:
        print(f"fault={fault_in(error)}")
    print(flush=True)
