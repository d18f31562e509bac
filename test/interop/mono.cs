// mono client.exe 1.1|1.2 <bridge URL>, with the stubs that wsdl makes of a WSDL.
// Performs a call for each line of standard input, as test/interop/programs.ts says.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Web.Services.Protocols;

static class Program
{
    static void Show(string key, object value, string place)
    {
        var items = value as Array ?? value?.GetType().GetProperty("item")?.GetValue(value) as Array;
        if (items != null)
            for (var index = 0; index < items.Length; index++)
                ShowFields(items.GetValue(index), $"{place}{key}.{index}.");
        else if (value == null || value is string || value.GetType().IsPrimitive)
            Console.WriteLine($"{place}{key}={value ?? "nil"}");
        else
            ShowFields(value, place);
    }

    // A value that is left out, where that differs from nil, has a property beside it that says so.
    static void ShowFields(object record, string place)
    {
        var type = record.GetType();
        foreach (var property in type.GetProperties().Where(each => !each.Name.EndsWith("Specified")))
            if (!false.Equals(type.GetProperty(property.Name + "Specified")?.GetValue(record)))
                Show(property.Name, property.GetValue(record), place);
    }

    static void Perform(SoapHttpClientProtocol client, string action, Dictionary<string, string> values)
    {
        var method = client.GetType().GetMethod(action);
        var parameters = method.GetParameters();
        var arguments = parameters.Select(each => values.TryGetValue(each.Name, out var value) ? value : null).ToArray<object>();
        Show("status", method.Invoke(client, arguments), "");
        foreach (var each in parameters.Where(each => each.IsOut))
            Show(each.Name, arguments[each.Position], "");
    }

    static void Main(string[] words)
    {
        Console.InputEncoding = Console.OutputEncoding = new UTF8Encoding(false);
        var client = new boxnetService { Url = words[1] + "/api/1.0/soap" };
        client.SoapVersion = words[0] == "1.2" ? SoapProtocolVersion.Soap12 : SoapProtocolVersion.Soap11;
        for (string line; (line = Console.ReadLine()) != null; Console.WriteLine())
        {
            var call = line.Split('\t');
            var values = call.Skip(1).Select(word => word.Split(new[] { '=' }, 2)).ToDictionary(pair => pair[0], pair => pair[1]);
            try
            {
                Perform(client, call[0], values);
            }
            catch (TargetInvocationException error) when (error.InnerException is SoapException fault)
            {
                Console.WriteLine($"fault={fault.Code.Name} {fault.Message}");
            }
            catch (TargetInvocationException error) when (error.InnerException is InvalidOperationException unreadable)
            {
                Console.WriteLine($"unreadable={unreadable.GetBaseException().GetType().Name}");
            }
        }
    }
}
