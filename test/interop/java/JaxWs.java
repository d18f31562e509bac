import box.BoxnetPort;
import box.BoxnetService;
import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.URL;
import java.util.Map;
import javax.jws.WebParam;
import javax.xml.bind.JAXBElement;
import javax.xml.ws.Holder;
import javax.xml.ws.WebServiceFeature;
import javax.xml.ws.soap.MTOMFeature;
import javax.xml.ws.soap.SOAPFaultException;

/** java JaxWs <bridge URL> [mtom], with the stubs that wsimport makes of the WSDL of document/literal. */
class JaxWs extends Caller {
    private final BoxnetPort port;

    JaxWs(String bridge, WebServiceFeature... features) throws Exception {
        port = new BoxnetService(new URL(bridge + "/api/1.0/soap?wsdl=literal")).getBoxnetPort(features);
    }

    public static void main(String[] words) throws Exception {
        WebServiceFeature[] features = words.length > 1 ? new WebServiceFeature[] {new MTOMFeature()} : new WebServiceFeature[0];
        new JaxWs(words[0], features).run();
    }

    @Override
    void perform(String action, Map<String, String> values) throws Exception {
        for (Method method : BoxnetPort.class.getMethods()) {
            if (!snakeCase(method.getName()).equals(action)) continue;
            Annotation[][] annotations = method.getParameterAnnotations();
            Object[] parameters = new Object[annotations.length];
            for (int place = 0; place < parameters.length; place++) {
                WebParam parameter = (WebParam) annotations[place][0];
                boolean isIn = parameter.mode() == WebParam.Mode.IN;
                parameters[place] = isIn ? values.get(parameter.name()) : new Holder<Object>();
            }
            Object status = method.invoke(port, parameters);
            if (status != null) show("status", status, "");
            for (int place = 0; place < parameters.length; place++) {
                if (!(parameters[place] instanceof Holder)) continue;
                show(((WebParam) annotations[place][0]).name(), ((Holder<?>) parameters[place]).value, "");
            }
        }
    }

    @Override
    String faultIn(Exception error) {
        if (!(error instanceof SOAPFaultException)) throw new IllegalStateException(error);
        SOAPFaultException fault = (SOAPFaultException) error;
        return fault.getFault().getFaultCode() + " " + fault.getFault().getFaultString();
    }

    @Override
    Object[] contentOf(Object value, Field field) {
        if (field.getType() != JAXBElement.class) return new Object[] {value};
        return value == null ? new Object[0] : new Object[] {((JAXBElement<?>) value).getValue()};
    }
}
